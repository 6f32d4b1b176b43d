"""Whole text files."""

from __future__ import annotations

from atwin.disk.errors import explained


def write_text(path: str, text: str) -> None:
    """Write `text` to `path`, replacing what was there. Raises `DiskError`."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise explained("write", path, error) from None
