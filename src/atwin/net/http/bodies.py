"""The three ways to tell where a body ends: by count, by chunks (RFC 9112 §7.1), with the stream.

A body that breaks off raises `StreamError`, whoever noticed it.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from atwin.net.http.response import HEAD_LIMIT
from atwin.net.network import StreamError
from atwin.text.parse import hexadecimal

if TYPE_CHECKING:
    from atwin.net.network import Stream

#: Bytes of coded body that are taken from the stream at a time.
_CODED_PIECE = 64 * 1024


class HttpBody(Protocol):
    """What is left of a body."""

    async def read(self, limit: int) -> bytes:
        """At least one byte and at most `limit`; b"" after the last. Raises `StreamError`."""


class Source:
    """A stream of which some bytes have been received already, with the head.

    It is also a body that ends with the connection.
    """

    def __init__(self, early: bytes, stream: Stream) -> None:
        self._early = early
        self._stream = stream

    async def read(self, limit: int) -> bytes:
        if self._early:
            data, self._early = self._early[:limit], self._early[limit:]
            return data
        return await self._stream.read(limit)


class CountedBody:
    """Ends after as many bytes as Content-Length says; 0 serves where no body is allowed."""

    def __init__(self, source: Source, length: int) -> None:
        self._source = source
        self._left = length

    async def read(self, limit: int) -> bytes:
        if self._left == 0:
            return b""
        data = await self._source.read(min(limit, self._left))
        if not data:
            raise StreamError(f"closed {self._left} bytes before the end of the body")
        self._left -= len(data)
        return data


class _Line(Enum):
    """What the line that is being read is for."""

    SIZE = auto()
    END_OF_CHUNK = auto()
    TRAILER = auto()


class Chunks:
    """A chunked body on its way; all that is not body is framing.

    As lenient as curl: a line may end in LF alone, extensions are passed over. A line or a
    trailer longer than a head may be is as broken as a size that is not a number.
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


class ChunkedBody:
    """Ends with the last chunk and its trailer."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chunks = Chunks()
        self._decoded = memoryview(b"")

    async def read(self, limit: int) -> bytes:
        while not self._decoded:
            if self._chunks.ended:
                return b""
            if self._chunks.broken is not None:
                raise StreamError(f"broken chunked coding: {self._chunks.broken}")
            data = await self._source.read(_CODED_PIECE)
            if not data:
                raise StreamError("closed before the last chunk")
            self._decoded = memoryview(b"".join(self._chunks.feed(data)))
        data = bytes(self._decoded[:limit])
        self._decoded = self._decoded[limit:]
        return data
