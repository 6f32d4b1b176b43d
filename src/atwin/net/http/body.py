"""The three ways to tell where a body ends.

A body that breaks off raises `StreamError`, whoever noticed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from atwin.net.http.chunks import Chunks
from atwin.net.network import StreamError

if TYPE_CHECKING:
    from atwin.net.network import Stream

#: Bytes of coded body that are taken from the stream at a time.
_CODED_PIECE = 64 * 1024


class Body(Protocol):
    """What is left of a body."""

    async def read(self, limit: int) -> bytes:
        """At least one byte and at most `limit`; b"" after the last. Raises `StreamError`."""


class Source:
    """A stream of which some bytes have been received already, with the head."""

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


class OpenEndedBody:
    """Ends with the connection."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def read(self, limit: int) -> bytes:
        return await self._source.read(limit)


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
