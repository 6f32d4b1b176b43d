"""The virtual module."""
