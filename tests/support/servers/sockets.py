"""A plain `Stream` over a loopback TCP connection, and ports of one's own."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atwin.net.network import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def own_port() -> Iterator[int]:
    """A TCP port nothing listens on, which nobody else is given until the block is left.

    A bound socket holds it. That one does not listen, so a connection is refused, and a server
    that sets SO_REUSEADDR, as all of ours do, may listen there.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def local_port() -> int:
    """A free TCP port to connect from: none of those that the kernel gives to others."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port := random.randrange(20_000, 32_000)))
            except OSError:
                continue
            return port
