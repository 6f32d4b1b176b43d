"""A server on this computer, at the far end of a simulated link: in real time."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.net.meter.kernel import limit_segments
from atwin.net.network import StreamError

if TYPE_CHECKING:
    from atwin.net.network import Stream
    from atwin.plan.job import RealServer

#: Bytes that may be between the server and the link: what a router keeps. With less TCP stutters.
_KEPT = 8192
#: Bytes that are handed on at a time: a segment.
_PIECE = 1460


async def relay(real: RealServer, stream: Stream) -> None:
    """Hand on what `stream` and a connection to `real` say, as fast as the slower one takes it.

    Either end ends both, as a module closes a connection whole.
    """
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in real.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as server, suppress(OSError, StreamError):
        server.setblocking(False)
        limit_segments(server)
        # Before it connects: what is offered then is never taken back.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KEPT)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(server, (real.address, real.port))
        ways = [loop.create_task(way(stream, server)) for way in (_up, _down)]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ways:
                task.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _up(stream: Stream, server: socket.socket) -> None:
    while data := await stream.read(_PIECE):
        await asyncio.get_running_loop().sock_sendall(server, data)


async def _down(stream: Stream, server: socket.socket) -> None:
    while data := await asyncio.get_running_loop().sock_recv(server, _PIECE):
        await stream.write(data)
