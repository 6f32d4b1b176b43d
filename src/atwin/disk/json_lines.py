"""A file of JSON objects, one a line, readable while it grows."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

from atwin.disk.errors import telling
from atwin.disk.growing import GrowingFile
from atwin.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    Lines = list[dict[str, Any] | None]

#: A line this long cannot be a record; the rest of it is read as another line.
_LONGEST_LINE = 1 << 20
#: Bytes at the start of a file: when they change, the file was replaced by another.
_START = 512
#: Bytes that are read at a time.
_BLOCK = 1 << 18
#: Objects that share a line, or lines one of which begins with a comma.
_TOGETHER = re.compile(rb"\}\s*,\s*\{")


class JsonLines:
    """Appends to a `GrowingFile` whose first line has `mark` as the value of `format`.

    One that was there is replaced, or added to with `goes_on`. `lasting` is that of the file.
    Raises `DiskError`.
    """

    def __init__(
        self, path: str, mark: str, *, goes_on: bool = False, lasting: float | None = None
    ) -> None:
        self._file = GrowingFile(
            path, lambda head: _is_marked(head, mark), goes_on=goes_on, lasting=lasting
        )

    def append(self, lines: str) -> None:
        """Write whole lines; they survive a `kill -9` from then on. Raises `DiskError`."""
        self._file.append(lines.encode())

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


def read_json_lines(path: str, *, follow: bool = False) -> Iterator[Lines]:
    """The objects in order, some at a time; None for a line that is not an object.

    `follow`: at the end of a file there are no objects, again and again, until there is more. What
    has become shorter, or begins otherwise, is read from its start. A pipe ends when nobody writes
    it any more. A last line without a line end, such as one cut short by a crash, is looked at only
    at the end. Raises `DiskError`.
    """
    with telling("read", path), open(path, "rb", buffering=0) as file:
        follow = follow and stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        begun, start = bytearray(), b""
        while True:
            while data := file.read(_BLOCK):
                begun += data
                end = begun.rfind(b"\n")
                if end >= 0:
                    lines = bytes(begun[:end])
                    del begun[: end + 1]
                    yield _all_parsed(lines)
                elif len(begun) >= _LONGEST_LINE:
                    begun.clear()
                    yield [None]
            if not follow:
                break
            yield []
            end = file.seek(0, os.SEEK_CUR)
            file.seek(0)
            head = file.read(min(_START, end))
            is_other = len(head) < len(start) or not head.startswith(start)
            if is_other or os.fstat(file.fileno()).st_size < end:
                end, head = 0, b""
                begun.clear()
            start = head
            file.seek(end)
        if begun:
            yield [_parsed(bytes(begun))]


def _all_parsed(lines: bytes) -> Lines:
    """What `_parsed` makes of each line, in a third of the time.

    As items of one array, which `_TOGETHER` and the count show to be as many as there are lines.
    """
    if _TOGETHER.search(lines) is None:
        try:
            values = parse_json(b"[" + lines.replace(b"\n", b",\n") + b"]")
        except ValueError:
            values = []
        if len(values) == lines.count(b"\n") + 1 and set(map(type, values)) == {dict}:
            return values  # type: ignore[no-any-return]
    return [_parsed(line) for line in lines.split(b"\n")]


def _is_marked(head: bytes, mark: str) -> bool:
    """Whether a file begins with `mark`, if only in what a power cut has left of its first line."""
    first = head.partition(b"\n")[0]
    if (known := _parsed(first)) is not None:
        return known.get("format") == mark
    return re.search(rb'"format": ?"%b"' % re.escape(mark.encode()), first) is not None


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = parse_json(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
