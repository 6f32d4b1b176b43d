"""A recorded line, said again: as the module for a host under test, or as the host."""
