"""A host that only types and reads: the plainest thing to hang on a port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.line.port import Port


class Terminal:
    """Collects what comes; `expect` waits for bytes and removes everything up to their end."""

    def __init__(self, port: Port) -> None:
        self.heard = bytearray()
        self.lost_reason: str | None = None
        self.is_lost = False
        self._port = port
        self._news = asyncio.Event()
        port.start(self)

    def received(self, data: bytes) -> None:
        self.heard += data
        self._news.set()

    def lost(self, reason: str | None) -> None:
        self.is_lost, self.lost_reason = True, reason
        self._news.set()

    def type(self, data: bytes) -> None:
        self._port.write(data)

    async def expect(self, wanted: bytes, seconds: float = 30) -> bytes:
        """What was heard up to and with `wanted`; AssertionError when it does not come."""
        try:
            async with asyncio.timeout(seconds):
                while wanted not in self.heard:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"waited for {wanted!r}, heard {bytes(self.heard)!r}") from None
        end = self.heard.index(wanted) + len(wanted)
        text = bytes(self.heard[:end])
        del self.heard[:end]
        return text

    async def take(self, count: int, seconds: float = 30) -> bytes:
        """The next `count` bytes, whatever they are."""
        async with asyncio.timeout(seconds):
            while len(self.heard) < count:
                self._news.clear()
                await self._news.wait()
        text = bytes(self.heard[:count])
        del self.heard[:count]
        return text

    async def ask(self, line: bytes, end: bytes = b"OK\r\n") -> bytes:
        """Type `line` and CR; what came back up to `end`."""
        self.type(line + b"\r")
        return await self.expect(end)

    async def quiet(self, seconds: float = 1) -> bytes:
        """Everything heard until `seconds` (of the loop's clock) have passed."""
        await asyncio.sleep(seconds)
        text = bytes(self.heard)
        self.heard.clear()
        return text
