"""The chunked coding (RFC 9112 §7.1), taken off as the bytes come."""

from __future__ import annotations

from enum import Enum, auto

from atwin.net.http.head import HEAD_LIMIT
from atwin.text.numbers import hexadecimal


class _Line(Enum):
    """What the line that is being read is for."""

    SIZE = auto()
    END_OF_CHUNK = auto()
    TRAILER = auto()


class Chunks:
    """A chunked body on its way; what is not body is framing.

    As lenient as curl: a line may end in LF alone, extensions are passed over. A line or a
    trailer longer than a head may be is as broken as a size that is no number.
    """

    def __init__(self) -> None:
        #: Whether the last chunk and its trailer have gone by; what follows is of no concern.
        self.ended = False
        #: What is wrong with the coding; nothing is taken for body any more.
        self.broken: str | None = None
        self._left = 0
        self._line = bytearray()
        self._expected = _Line.SIZE
        self._trailer = 0

    def feed(self, data: bytes) -> list[memoryview]:
        """The pieces of `data` that are body."""
        pieces: list[memoryview] = []
        view, place = memoryview(data), 0
        while place < len(data) and not self.ended and self.broken is None:
            if self._left:
                pieces.append(view[place : place + self._left])
                place += len(pieces[-1])
                self._left -= len(pieces[-1])
                continue
            end = data.find(b"\n", place) + 1
            self._line += view[place : end or len(data)]
            place = end or len(data)
            if len(self._line) + self._trailer > HEAD_LIMIT:
                self.broken = f"a line of the coding is longer than {HEAD_LIMIT} bytes"
            elif end:
                self._end_line(self._line.rstrip(b"\r\n"))
                self._line.clear()
        return pieces

    def _end_line(self, line: bytearray) -> None:
        if self._expected is _Line.TRAILER:
            self._trailer += len(self._line)
            self.ended = not line
        elif self._expected is _Line.END_OF_CHUNK:
            if line:
                self.broken = f"a chunk is followed by {bytes(line[:40])!r}, not by a line end"
            self._expected = _Line.SIZE
        else:
            size = hexadecimal(bytes(line.partition(b";")[0].rstrip(b" \t")))
            if size is None:
                self.broken = f"the size of a chunk is {bytes(line[:40])!r}"
            self._left = size or 0
            self._expected = _Line.END_OF_CHUNK if size else _Line.TRAILER
