"""Answers and URCs of a file, in place of the module's own (docs/howto/answers.md)."""
