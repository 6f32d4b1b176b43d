"""Behaviours with cases a download does not master yet: each line is a debt."""

OWED: frozenset[str] = frozenset()
