"""A real server at the far end of a simulated link: bytes, ends, and who waits for whom."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.net.network import SocketOptions
from atwin.net.tcp import listen
from atwin.plan.job import RealServer
from atwin.plan.relay import relay
from atwin.testing import SimulatedNetwork
from support.line.ears import leaves_nothing
from support.servers.sockets import own_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.net.network import Handler, Stream
    from atwin.net.tcp import TcpStream

#: More than every buffer between the two ends.
MUCH = bytes(range(256)) * 40_000


def to(port: int) -> RealServer:
    return RealServer(f"http://127.0.0.1:{port}/", "127.0.0.1", port, "")


@asynccontextmanager
async def connected(handler: Handler[TcpStream]) -> AsyncIterator[Stream]:
    """The module's end of a connection whose other end is a real server's."""
    network = SimulatedNetwork(LoopClock())
    async with listen(handler, "127.0.0.1", 0) as port:
        network.serve("127.0.0.1", port, partial(relay, to(port)))
        stream = await network.connect("127.0.0.1", port, SocketOptions(window=5840))
        try:
            yield stream
        finally:
            stream.close()
            await asyncio.sleep(0)


async def whole(stream: Stream) -> bytes:
    """Until its end."""
    found = bytearray()
    while data := await stream.read(65_536):
        found += data
    return bytes(found)


def test_every_byte_goes_both_ways_and_the_servers_end_is_the_end() -> None:
    async def echo(stream: TcpStream) -> None:
        await stream.write(await stream.read(100))
        await stream.write(MUCH)

    async def main() -> None:
        async with asyncio.timeout(20), connected(echo) as stream:
            await stream.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await whole(stream) == b"GET / HTTP/1.1\r\n\r\n" + MUCH

    leaves_nothing(main())


def test_a_server_whose_bytes_nobody_reads_waits() -> None:
    async def main() -> None:
        handed, waits = 0, asyncio.Event()

        async def pour(stream: TcpStream) -> None:
            nonlocal handed
            for start in range(0, len(MUCH), 65_536):
                write = asyncio.ensure_future(stream.write(MUCH[start : start + 65_536]))
                done, _ = await asyncio.wait({write}, timeout=0.2)
                if not done:
                    waits.set()
                    await write
                handed += 65_536

        async with asyncio.timeout(20), connected(pour) as stream:
            await waits.wait()
            assert handed < len(MUCH) / 2
            assert await whole(stream) == MUCH

    leaves_nothing(main())


def test_a_module_that_leaves_takes_the_connection_with_it() -> None:
    async def main() -> None:
        came, left = asyncio.Event(), asyncio.Event()

        async def wait(stream: TcpStream) -> None:
            assert await stream.read(100) == b"?"
            came.set()
            assert await stream.read(100) == b""
            left.set()

        async with asyncio.timeout(20), connected(wait) as stream:
            await stream.write(b"?")
            await came.wait()
            stream.close()
            await left.wait()

    leaves_nothing(main())


def test_a_server_that_is_not_there_is_an_end_at_once() -> None:
    async def main() -> None:
        network = SimulatedNetwork(LoopClock())
        with own_port() as port:
            network.serve("127.0.0.1", port, partial(relay, to(port)))
            async with asyncio.timeout(20):
                stream = await network.connect("127.0.0.1", port)
                assert await stream.read(100) == b""
                stream.close()
                await asyncio.sleep(0)

    leaves_nothing(main())
