"""A file of lines that grows: what was written survives a `kill -9`."""

from __future__ import annotations

import os

from atwin.disk.errors import telling
from atwin.disk.system import BYTES


class LogFile:
    """Appends lines to a file; a new one can be read by its owner only. Raises `DiskError`."""

    def __init__(self, path: str) -> None:
        self._path = path
        with telling("write", path):
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | BYTES, 0o600)

    def append(self, line: str) -> None:
        """Write one line. Raises `DiskError`."""
        data = f"{line}\n".encode("utf-8", "replace")
        with telling("write", self._path):
            while data:
                data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)
