"""A file of JSON objects, one a line, readable while it grows."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.disk.errors import DiskError, telling
from atwin.disk.system import BYTES, ProcessLock
from atwin.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A first line that cannot be longer than this is looked at before a file is replaced.
_FIRST_LINE = 65536
#: A line longer than any record is no record; it is read in pieces of so many bytes.
_LONGEST_LINE = 1 << 20


class JsonLines:
    """Appends to a file that begins empty; it is the writer's alone while it is open.

    A new file can be read by its owner only; one that was there keeps its mode, and is replaced
    only if its first line has `mark` as the value of `format`. A pipe is waited for until somebody
    reads it. Raises `DiskError`.
    """

    def __init__(self, path: str, mark: str) -> None:
        self._path = path
        self._lock: ProcessLock | None = None
        with telling("write", path):
            self._fd = os.open(path, _access(path) | os.O_CREAT | BYTES, 0o600)
            try:
                if stat.S_ISREG(os.fstat(self._fd).st_mode):
                    self._take_over(mark)
            except BaseException:
                self.close()
                raise

    def append(self, lines: str) -> None:
        """Write whole lines; they survive a `kill -9` from then on. Raises `DiskError`."""
        data = lines.encode()
        with telling("write", self._path):
            while data:
                data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)
        if self._lock is not None:
            self._lock.close()

    def _take_over(self, mark: str) -> None:
        try:
            self._lock = ProcessLock(Path(os.path.realpath(self._path) + ".lock"))
        except BlockingIOError:
            raise DiskError(f"{self._path} is being written by another process") from None
        first = os.read(self._fd, _FIRST_LINE).partition(b"\n")[0]
        if first and (_parsed(first) or {}).get("format") != mark:
            raise DiskError(f"{self._path} is something else: it is not replaced, name another")
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)


def read_json_lines(path: str) -> Iterator[dict[str, Any] | None]:
    """The objects in order; None for a line that is no object, such as one cut short by a crash.

    Raises `DiskError`.
    """
    with telling("read", path), open(path, "rb") as file:
        while line := file.readline(_LONGEST_LINE):
            yield _parsed(line)


def _access(path: str) -> int:
    """Of a pipe the writing end alone: with both nobody is ever told that its reader has gone."""
    try:
        return os.O_WRONLY if stat.S_ISFIFO(os.stat(path).st_mode) else os.O_RDWR
    except FileNotFoundError:
        return os.O_RDWR


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = parse_json(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
