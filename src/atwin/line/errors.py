"""What goes wrong with ports before any byte has moved."""

from __future__ import annotations


class PortError(Exception):
    """A port cannot be opened. One line: what was wrong and what to do."""


class PortSpecError(PortError):
    """What somebody wrote names no port: an unknown scheme, no host, a rate that is no number, a
    place for a link or socket where none can be.
    """
