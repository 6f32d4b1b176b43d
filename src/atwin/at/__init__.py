"""The AT language, both directions, without any I/O."""
