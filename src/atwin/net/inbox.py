"""What a connection has received and nobody has read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.network import StreamError


class Inbox:
    """Bytes in the order of their arrival, then the end. For one reader at a time.

    `drained` is called after every read that took something, so that the owner of the
    connection can let more come in.
    """

    def __init__(self, drained: Callable[[], None]) -> None:
        #: Bytes that wait to be read.
        self.size = 0
        self._drained = drained
        self._chunks: deque[bytes | memoryview] = deque()
        self._ended = False
        self._error: StreamError | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, data: bytes) -> None:
        """`data`, not empty, has arrived."""
        if self._ended:
            return
        self._chunks.append(data)
        self.size += len(data)
        self._wake()

    def end(self, error: StreamError | None = None) -> None:
        """Nothing more will come: an orderly end, or `error`. The first end counts."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()

    def abandon(self, error: StreamError) -> None:
        """Forget what was not read; every read raises `error` from now on."""
        self._chunks.clear()
        self.size = 0
        self._ended = True
        self._error = error
        self._wake()

    async def read(self, limit: int) -> bytes:
        """As much as has arrived, `limit` bytes (>= 1) at most."""
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            await self._wait()
        data = self._take(limit)
        self.size -= len(data)
        self._drained()
        return data

    def _take(self, limit: int) -> bytes:
        pieces: list[bytes | memoryview] = []
        while self._chunks and limit > 0:
            chunk = self._chunks.popleft()
            if len(chunk) > limit:
                view = memoryview(chunk)
                self._chunks.appendleft(view[limit:])
                chunk = view[:limit]
            pieces.append(chunk)
            limit -= len(chunk)
        # A single chunk that is read whole, the usual case of a fast reader, is not copied.
        return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)

    async def _wait(self) -> None:
        # A reader that was cancelled has let go, even if its task has not yet come to an end.
        if self._waiter is not None and not self._waiter.done():
            raise RuntimeError("two tasks read from one connection")
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
