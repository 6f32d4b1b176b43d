"""The virtual module."""

from atwin.twin.twin import Twin

__all__ = ["Twin"]
