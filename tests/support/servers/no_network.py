"""A network for modules that are not to use one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.network import (
    PLAIN,
    ConnectError,
    NameServers,
    Pong,
    ResolveError,
    SocketOptions,
)

if TYPE_CHECKING:
    from atwin.net.network import Stream


class NoNetwork:
    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        raise ResolveError(f"{host}: there is no network here")

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        raise ConnectError(f"{address}:{port}: there is no network here")

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        raise ConnectError(f"{address}: there is no network here")

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        raise ConnectError(f"{address}:{port}: there is no network here")
