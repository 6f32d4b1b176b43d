"""What is laid around a `Network` and its `Stream`s to hear, count or change what passes.

Every wrapper inherits from one of these two and overrides only what it changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.network import PLAIN, passed, unacknowledged

if TYPE_CHECKING:
    from atwin.net.network import NameServers, Network, Pong, SocketOptions, Stream


class StreamWrapper:
    """A `Stream` that is `inner`."""

    def __init__(self, inner: Stream) -> None:
        self.inner = inner

    @property
    def unacknowledged(self) -> int:
        return unacknowledged(self.inner)

    @property
    def passed(self) -> tuple[int, int]:
        return passed(self.inner)

    async def read(self, limit: int) -> bytes:
        return await self.inner.read(limit)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        await self.inner.write(data)

    def close(self) -> None:
        self.inner.close()


class NetworkWrapper:
    """A `Network` that is `inner`."""

    def __init__(self, inner: Network) -> None:
        self.inner = inner

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        return await self.inner.resolve(host, servers)

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return await self.inner.connect(address, port, options)

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        return await self.inner.ping(address, size, ttl)

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return await self.inner.open_udp(address, port, options)
