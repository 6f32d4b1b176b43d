"""A plain `Stream` over a loopback TCP connection, and free ports for servers."""

from __future__ import annotations

import asyncio
import socket

from atwin.net.network import StreamError


class SocketStream:
    """asyncio's reader and writer as a `Stream`. `limit` bytes per read at most, if given."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, at_most: int | None = None
    ) -> None:
        self.sent = bytearray()
        self.let_go = asyncio.Event()
        self._reader = reader
        self._writer = writer
        self._at_most = at_most

    @property
    def closed(self) -> bool:
        return self.let_go.is_set()

    async def read(self, limit: int) -> bytes:
        try:
            return await self._reader.read(min(limit, self._at_most or limit))
        except OSError as error:
            raise StreamError(str(error)) from error

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data
        try:
            self._writer.write(bytes(data))
            await self._writer.drain()
        except OSError as error:
            raise StreamError(str(error)) from error

    def close(self) -> None:
        self.let_go.set()
        self._writer.close()


async def dial(port: int, at_most: int | None = None) -> SocketStream:
    """Connect to a server on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 17)
    return SocketStream(reader, writer, at_most)


def free_port() -> int:
    """A TCP port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
