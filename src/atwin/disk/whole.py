"""Whole files."""

from __future__ import annotations

from atwin.disk.errors import explained


def write_file(path: str, data: bytes) -> None:
    """Write `data` to `path`, in place of what was there. Raises `DiskError`."""
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as error:
        raise explained("write", path, error) from None
