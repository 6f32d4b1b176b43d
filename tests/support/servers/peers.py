"""Peers of TCP and UDP links that a transcript leads: what they say, when they go."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from atwin.net.network import StreamError
from atwin.net.tcp import TcpStream, listen
from atwin.net.udp import Mailbox
from atwin.testing.simulated import SimulatedStream
from support.servers.sockets import own_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from atwin.net.network import Stream
    from atwin.testing.simulated import SimulatedNetwork

#: Seconds of the loop's clock within which what a peer waits for must come.
PATIENCE = 10.0


@dataclass
class Peer:
    """One server. `kind` is tcp, udp, refused: nobody listens there, or silent: nobody answers."""

    name: str
    kind: str = "tcp"
    echo: bool = False
    host: str = ""
    address: str = ""
    port: int = 0
    heard: bytearray = field(default_factory=bytearray)
    streams: list[Stream] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._news = asyncio.Event()

    async def serve(self, stream: Stream) -> None:
        """One connection, until the module ends it; see `atwin.net.network.Handler`."""
        self.streams.append(stream)
        self._news.set()
        try:
            while data := await stream.read(65536):
                self.heard += data
                self._news.set()
                if self.echo:
                    await stream.write(data)
        finally:
            if stream in self.streams:
                self.streams.remove(stream)

    async def say(self, data: bytes) -> None:
        """To everyone connected; waits until somebody is."""
        await self._until(lambda: bool(self.streams))
        for stream in self.streams:
            await stream.write(data)

    async def hear(self, data: bytes) -> None:
        """Return when exactly `data` has come since the last time."""
        await self._until(lambda: len(self.heard) >= len(data) or not data.startswith(self.heard))
        assert bytes(self.heard) == data, f"{self.name} heard {bytes(self.heard)!r}, not {data!r}"
        self.heard.clear()

    async def close(self) -> None:
        """Close every connection in good order."""
        await self._until(lambda: bool(self.streams))
        for stream in list(self.streams):
            stream.close()

    async def reset(self) -> None:
        """Break every connection."""
        await self._until(lambda: bool(self.streams))
        for stream in list(self.streams):
            if isinstance(stream, SimulatedStream):
                stream.reset()
            elif isinstance(stream, TcpStream):
                connection = stream._transport.get_extra_info("socket")
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                stream.close()

    def fill(self, text: bytes) -> bytes:
        """`{name}` as CIPSTART takes it, `{name.address}` and `{name.port}` alone."""
        for key, value in (
            ("", f'"{self.host}",{self.port}'),
            (".host", self.host),
            (".address", self.address),
            (".port", str(self.port)),
        ):
            text = text.replace(f"{{{self.name}{key}}}".encode(), value.encode())
        return text

    async def _until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not met():
                self._news.clear()
                await self._news.wait()


def simulated(network: SimulatedNetwork, peers: Iterable[Peer]) -> None:
    """Put the peers on the network, each under its name and an address of its own."""
    for peer in peers:
        peer.host, peer.port = f"{peer.name}.test", 7000
        peer.address = network.add_host(peer.host)
        if peer.kind == "tcp":
            network.serve(peer.host, peer.port, peer.serve)
        elif peer.kind == "udp":
            network.serve_udp(peer.host, peer.port, peer.serve)
        elif peer.kind == "silent":
            network.never_answers(peer.host, peer.port)


@asynccontextmanager
async def on_loopback(peers: Iterable[Peer]) -> AsyncIterator[None]:
    """The peers on ports of this machine, until the block is left."""
    async with AsyncExitStack() as stack:
        for peer in peers:
            peer.host = peer.address = "127.0.0.1"
            if peer.kind == "tcp":
                peer.port = await stack.enter_async_context(listen(peer.serve, peer.host, 0))
            elif peer.kind == "udp":
                peer.port = await stack.enter_async_context(_udp(peer))
            else:
                peer.port = stack.enter_context(own_port())
        yield


@asynccontextmanager
async def _udp(peer: Peer) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: _UdpServer(peer), local_addr=("127.0.0.1", 0)
    )
    try:
        yield cast("int", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)


class _UdpServer(asyncio.DatagramProtocol):
    """Gives the peer one stream for each client."""

    def __init__(self, peer: Peer) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self._peer = peer
        self._clients: dict[tuple[str | Any, int], Mailbox] = {}
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if addr not in self._clients:
            self._clients[addr] = Mailbox()
            stream = _UdpClient(self._transport, addr, self._clients[addr])
            self.tasks.append(asyncio.create_task(self._serve(stream)))
        self._clients[addr].put(data)

    async def _serve(self, stream: _UdpClient) -> None:
        with suppress(StreamError):  # the end of the test
            await self._peer.serve(stream)


class _UdpClient:
    def __init__(
        self, transport: asyncio.DatagramTransport, to: tuple[str | Any, int], mailbox: Mailbox
    ) -> None:
        self._transport = transport
        self._to = to
        self._mailbox = mailbox

    async def read(self, limit: int) -> bytes:
        return await self._mailbox.read(limit)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self._transport.sendto(bytes(data), self._to)

    def close(self) -> None:
        self._mailbox.close()
