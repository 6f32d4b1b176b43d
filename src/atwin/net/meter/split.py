"""Tells HTTP headers from bodies in a stream that passes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.http.bodies import Chunks
from atwin.net.http.response import (
    HEAD_LIMIT,
    STATUS_LINE,
    codings,
    end_of_head,
    fields,
    is_interim,
    lines_of,
)
from atwin.net.wrapper import StreamWrapper

if TYPE_CHECKING:
    from atwin.net.network import Stream


class Message:
    """One direction: how much of what went through was head or framing, and how much body."""

    def __init__(self) -> None:
        self.head = 0
        self.body = 0
        #: The head while it is incomplete.
        self._begun: bytearray | None = bytearray()
        #: None when the body is not chunked.
        self._chunks: Chunks | None = None

    def pass_on(self, data: bytes | bytearray | memoryview) -> None:
        """`data` has gone by."""
        rest = bytes(data)
        while self._begun is not None and rest:
            rest = self._pass_head(self._begun, rest)
        pieces = [rest] if self._chunks is None else self._chunks.feed(rest)
        body = sum(map(len, pieces))
        self.body += body
        self.head += len(rest) - body

    def _pass_head(self, begun: bytearray, data: bytes) -> bytes:
        """Take what belongs to the head; gives the rest."""
        searched = len(begun)
        begun += data
        end = end_of_head(begun, searched)
        if end is None:
            self.head += len(data)
            if len(begun) > HEAD_LIMIT:  # no HTTP: nobody reads any further
                self._begun = None
            return b""
        self.head += end - searched
        head, rest = bytes(begun[:end]), bytes(begun[end:])
        begun.clear()
        first, *lines = lines_of(head)
        match = STATUS_LINE.fullmatch(first)
        if match is None or not is_interim(int(match[1])):
            self._begun = None
            if codings(fields(lines)) == [b"chunked"]:
                self._chunks = Chunks()
        return rest


class HttpSplit(StreamWrapper):
    """A `Stream` that carries one exchange, above TLS if there is any."""

    def __init__(self, inner: Stream) -> None:
        super().__init__(inner)
        self.up, self.down = Message(), Message()

    async def read(self, limit: int) -> bytes:
        data = await self.inner.read(limit)
        self.down.pass_on(data)
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self.up.pass_on(data)
        await self.inner.write(data)
