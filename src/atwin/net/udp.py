"""Datagrams of this machine with one peer, as `Network.open_udp` wants them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

from atwin.net.network import StreamError

#: Unread bytes beyond which further datagrams are lost, as in a socket's receive buffer.
_ROOM = 64 * 1024


class Mailbox:
    """Datagrams that have come and nobody has read; for one reader at a time."""

    def __init__(self) -> None:
        self._datagrams: deque[bytes] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._closed = False

    def put(self, data: bytes) -> None:
        """A datagram has come. An empty one says nothing; one without room is lost."""
        if data and not self._closed and self._size + len(data) <= _ROOM:
            self._datagrams.append(data)
            self._size += len(data)
            self._news.set()

    async def read(self, limit: int) -> bytes:
        """The next datagram, or what a smaller read left of it. Raises `StreamError`."""
        while not self._datagrams:
            self.check_open()
            self._news.clear()
            await self._news.wait()
        data = self._datagrams.popleft()
        if len(data) > limit:
            self._datagrams.appendleft(data[limit:])
            data = data[:limit]
        self._size -= len(data)
        return data

    def check_open(self) -> None:
        """Raises `StreamError` after `close`."""
        if self._closed:
            raise StreamError("the socket is closed")

    def close(self) -> None:
        """Nothing more is taken, and a waiting read ends."""
        self._closed = True
        self._datagrams.clear()
        self._news.set()


class UdpStream(asyncio.DatagramProtocol):
    """A UDP socket connected to its peer."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport
        self._mailbox = Mailbox()

    async def read(self, limit: int) -> bytes:
        return await self._mailbox.read(limit)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self._mailbox.check_open()
        self._transport.sendto(bytes(data))

    def close(self) -> None:
        self._mailbox.close()
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._mailbox.put(data)

    def error_received(self, exc: Exception) -> None:
        """A port nobody listens on: UDP promises nothing, so nothing is made of it."""
