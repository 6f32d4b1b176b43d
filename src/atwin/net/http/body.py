"""The three ways to tell where a body ends.

Counted and open-ended bodies are handed through as they come, which h11 cannot do without
copying every byte twice; only the chunked coding needs a parser, and that is h11's.
A body that breaks off raises `StreamError`, whoever noticed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import h11

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
        """See `Stream.read`."""
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
        """See `Body.read`."""
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
        """See `Body.read`."""
        return await self._source.read(limit)


class ChunkedBody:
    """Ends with the last chunk. `parser` has read the head and nothing behind it."""

    def __init__(self, source: Source, parser: h11.Connection) -> None:
        self._source = source
        self._parser = parser
        self._decoded = memoryview(b"")
        self._ended = False

    async def read(self, limit: int) -> bytes:
        """See `Body.read`."""
        while not self._decoded:
            if self._ended:
                return b""
            await self._decode()
        data = bytes(self._decoded[:limit])
        self._decoded = self._decoded[limit:]
        return data

    async def _decode(self) -> None:
        try:
            event = self._parser.next_event()
        except h11.RemoteProtocolError as error:
            raise StreamError(f"broken chunked coding: {error}") from error
        if isinstance(event, h11.Data):
            self._decoded = memoryview(event.data)
        elif isinstance(event, h11.EndOfMessage):
            self._ended = True
        else:
            data = await self._source.read(_CODED_PIECE)
            if not data:
                raise StreamError("closed before the last chunk")
            self._parser.receive_data(data)
