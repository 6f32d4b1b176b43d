"""A file of JSON objects, one a line, readable while it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atwin.disk.errors import telling
from atwin.disk.growing import GrowingFile
from atwin.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A line longer than any record is no record; it is read in pieces of so many bytes.
_LONGEST_LINE = 1 << 20


class JsonLines:
    """Appends to a `GrowingFile` whose first line has `mark` as the value of `format`.

    Raises `DiskError`.
    """

    def __init__(self, path: str, mark: str) -> None:
        self._file = GrowingFile(path, lambda head: _format(head) == mark)

    def append(self, lines: str) -> None:
        """Write whole lines; they survive a `kill -9` from then on. Raises `DiskError`."""
        self._file.append(lines.encode())

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


def read_json_lines(path: str) -> Iterator[dict[str, Any] | None]:
    """The objects in order; None for a line that is no object, such as one cut short by a crash.

    Raises `DiskError`.
    """
    with telling("read", path), open(path, "rb") as file:
        while line := file.readline(_LONGEST_LINE):
            yield _parsed(line)


def _format(head: bytes) -> object:
    return (_parsed(head.partition(b"\n")[0]) or {}).get("format")


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = parse_json(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
