"""Counts the bytes of a response's body as HTTP reads them, and stops at a wanted one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.net.wrapper import StreamWrapper

if TYPE_CHECKING:
    from atwin.net.network import Stream
    from atwin.twin.faults.engine import Faults

_END_OF_HEAD = b"\r\n\r\n"


class BodyCounter(StreamWrapper):
    """`inner`, a connection for one response; a body byte is whatever comes after the head."""

    def __init__(self, inner: Stream, faults: Faults) -> None:
        super().__init__(inner)
        self._faults = faults
        self._last = b""  # the last bytes of a head that has not ended
        self._body: int | None = None

    async def read(self, limit: int) -> bytes:
        if self._body is not None and self._faults.reached(self._body):
            await asyncio.sleep(0)
        mark = self._faults.next_mark
        if mark is not None:
            # Byte by byte through the head: where the body begins must not be passed.
            room = 1 if self._body is None else mark - self._body
            limit = min(limit, max(1, room))
        data = await self.inner.read(limit)
        if self._count(data):
            # Whoever is to end this request gets to it, even if the rest has come already.
            await asyncio.sleep(0)
        return data

    def _count(self, data: bytes) -> bool:
        if self._body is None:
            seen = self._last + data
            end = seen.find(_END_OF_HEAD)
            if end < 0:
                self._last = seen[-3:]
                return False
            self._body = len(seen) - end - len(_END_OF_HEAD)
        else:
            self._body += len(data)
        return self._faults.reached(self._body)
