"""Answers and URCs that a person wrote down, in place of the module's own (docs/answers.md)."""
