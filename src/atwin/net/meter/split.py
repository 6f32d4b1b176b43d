"""Tells HTTP headers from bodies in a stream that passes through."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from atwin.net.http.head import HEAD_LIMIT, end_of_head

if TYPE_CHECKING:
    from atwin.net.network import Stream

_CHUNKED = re.compile(rb"\ntransfer-encoding:[^\n]*chunked", re.IGNORECASE)
_INTERIM = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d")
_NO_MORE = -1


class Message:
    """One direction: how much of what went through was head or framing, and how much body."""

    def __init__(self) -> None:
        self.head = 0
        self.body = 0
        #: The head while it is incomplete.
        self._begun: bytearray | None = bytearray()
        #: Of a chunked body: bytes left of the chunk, 0 when a size is to come, None when the
        #: body is not chunked.
        self._chunk: int | None = None
        self._line = bytearray()

    def pass_on(self, data: bytes | bytearray | memoryview) -> None:
        """`data` has gone by."""
        if self._begun is None:
            self._pass_body(data)
            return
        searched = len(self._begun)
        self._begun += data
        end = end_of_head(self._begun, searched)
        if end is None:
            self.head += len(data)
            if len(self._begun) > HEAD_LIMIT:  # no HTTP: nobody reads any further
                self._begun = None
            return
        self.head += end - searched
        head, rest = bytes(self._begun[:end]), bytes(self._begun[end:])
        if _INTERIM.match(head):
            self._begun = bytearray()
            self.pass_on(rest)
            return
        self._begun = None
        self._chunk = 0 if _CHUNKED.search(head) else None
        self._pass_body(rest)

    def _pass_body(self, data: bytes | bytearray | memoryview) -> None:
        if self._chunk is None:
            self.body += len(data)
            return
        place, size = 0, len(data)
        while place < size:
            if self._chunk == _NO_MORE:  # the trailer
                self.head += size - place
                return
            if self._chunk:
                taken = min(self._chunk, size - place)
                self.body += taken
                self._chunk -= taken
                place += taken
            else:
                self._line.append(data[place])
                self.head += 1
                place += 1
                if self._line[-1:] == b"\n":
                    self._end_line()

    def _end_line(self) -> None:
        """A size, or the line end behind a chunk."""
        text = bytes(self._line).partition(b";")[0].strip()
        self._line.clear()
        if text:
            try:
                self._chunk = int(text, 16) or _NO_MORE
            except ValueError:
                self._chunk = sys.maxsize  # broken: the reader gives up


class HttpSplit:
    """A `Stream` that carries one exchange, above TLS if there is any."""

    def __init__(self, stream: Stream) -> None:
        self.up, self.down = Message(), Message()
        self._stream = stream

    async def read(self, limit: int) -> bytes:
        """See `Stream.read`."""
        data = await self._stream.read(limit)
        self.down.pass_on(data)
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `Stream.write`."""
        self.up.pass_on(data)
        await self._stream.write(data)

    def close(self) -> None:
        """See `Stream.close`."""
        self._stream.close()
