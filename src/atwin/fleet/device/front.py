"""What a server limits for each connection: its rate, and how long an idle one stays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.net.wrapper import StreamWrapper

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.net.network import Stream

#: Seconds of a rate that are written at once, and the least bytes.
_AT_ONCE, _LEAST = 0.05, 1460
#: Seconds in which the first request must come, as nginx has them.
_FIRST = 60.0


class CountedRequests(StreamWrapper):
    """The end of a connection to a real server: `asked` is called for each request.

    With `tls`, of which nobody here can read a word, it is called once: a module's HTTP has a
    connection for each request.
    """

    def __init__(self, inner: Stream, asked: Callable[[], None], *, tls: bool) -> None:
        super().__init__(inner)
        self._asked, self._tls = asked, tls
        self._expects = True

    async def read(self, limit: int) -> bytes:
        data = await self.inner.read(limit)
        if data and self._expects:
            self._expects = False
            self._asked()
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self._expects = not self._tls
        await self.inner.write(data)


class Front(StreamWrapper):
    """The server's end of a connection, without its TLS. `asked` is called for each request.

    `rate` in bytes per second, None without limit; `keep_alive` are the seconds after an answer in
    which the next request must begin: with 0 the connection ends with the answer.
    """

    def __init__(
        self,
        inner: Stream,
        clock: Clock,
        asked: Callable[[], None],
        *,
        rate: float | None,
        keep_alive: float,
    ) -> None:
        super().__init__(inner)
        self._clock, self._asked = clock, asked
        self._rate, self._keep_alive = rate, keep_alive
        #: Seconds for the next request; None inside of one.
        self._patience: float | None = _FIRST
        self._free_at = clock.now()

    async def read(self, limit: int) -> bytes:
        if self._patience is None:
            return await self.inner.read(limit)
        if self._patience == 0:
            return b""
        try:
            async with asyncio.timeout(self._patience):
                data = await self.inner.read(limit)
        except TimeoutError:
            return b""
        if data:
            self._patience = None
            self._asked()
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self._patience = self._keep_alive
        if self._rate is None:
            await self.inner.write(data)
            return
        size = max(_LEAST, int(self._rate * _AT_ONCE))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            await self._clock.sleep(self._free_at - self._clock.now())
            self._free_at = max(self._free_at, self._clock.now()) + len(piece) / self._rate
            await self.inner.write(piece)
