"""Each kind of line with both its ends open, and module ends before a far side nobody helps."""

from __future__ import annotations

import asyncio
import os
import socket
import tty
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.line.opener import open_port
from atwin.line.ports.device import open_device
from atwin.line.ports.memory import memory_pair
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.line.ports.tcp import TcpServerPort, connect_tcp
from support.line.ears import Ear
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from atwin.line.port import Port

KINDS = ["memory", "pty", "tcp", "rfc2217"]


@dataclass
class Line:
    """A module's end that is heard already, and a host's end not started yet."""

    module: Port
    host: Port
    module_ear: Ear
    host_ear: Ear

    def start_host(self) -> None:
        self.host.start(self.host_ear)


@asynccontextmanager
async def line(kind: str, *, started: bool = True) -> AsyncIterator[Line]:
    """A line of this kind; `started` is whether the host's end listens too."""
    module_ear = Ear()
    module, host = await _ends(kind, module_ear)
    both = Line(module, host, module_ear, Ear())
    # A server does not speak to a client before it has noticed it.
    host.write(b"!")
    assert await module_ear.bytes(1) == b"!"
    if started:
        both.start_host()
    try:
        yield both
    finally:
        await host.close()
        await module.close()


async def _ends(kind: str, ear: Ear) -> tuple[Port, Port]:
    if kind == "memory":
        module, host = memory_pair()
        module.start(ear)
        return module, host
    if kind == "pty":
        terminal = PtyPort()
        terminal.start(ear)
        return terminal, await open_device(terminal.slave_path)
    if kind == "tcp":
        server = TcpServerPort("127.0.0.1", 0)
        server.start(ear)
        return server, await open_port(f"socket://{server.address}")
    telnet = Rfc2217ServerPort("127.0.0.1", 0)
    telnet.start(ear)
    return telnet, await open_port(f"rfc2217://{telnet.address}")


@dataclass
class Slow:
    """A port, and the far side's `read(limit)`: at most so many bytes, None when none wait."""

    port: Port
    read: Callable[[int], bytes | None]


@asynccontextmanager
async def before_a_slow_reader(end: str) -> AsyncIterator[Slow]:
    """A port whose far side takes bytes only when the test reads them.

    `end` is `pty` or `tcp` (module's ends), `device` or `socket` (host's ends).
    """
    if end in ("pty", "device"):
        async with _slow_terminal(end) as slow:
            yield slow
    else:
        async with _slow_socket(end) as slow:
            yield slow


@asynccontextmanager
async def _slow_terminal(end: str) -> AsyncIterator[Slow]:
    port: Port
    if end == "pty":
        port = terminal = PtyPort()
        port.start(Ear())
        ends = [os.open(terminal.slave_path, os.O_RDWR | os.O_NOCTTY)]
    else:
        ends = list(os.openpty())
        tty.setraw(ends[1])
        port = await open_device(os.ttyname(ends[1]))
        port.start(Ear())
    os.set_blocking(ends[0], False)

    def read(limit: int) -> bytes | None:
        try:
            return os.read(ends[0], limit)
        except BlockingIOError:
            return None

    try:
        yield Slow(port, read)
    finally:
        await port.close()
        for end_ in ends:
            os.close(end_)


@asynccontextmanager
async def _slow_socket(end: str) -> AsyncIterator[Slow]:
    port: Port
    if end == "tcp":
        server, ear = TcpServerPort("127.0.0.1", 0), Ear()
        server.start(ear)
        port, far = server, plain_client(server.address)
        far.send(b"!")
        await ear.bytes(1)
    else:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = await connect_tcp(*listener.getsockname())
            far, _ = listener.accept()
        port.start(Ear())
    far.setblocking(False)

    def read(limit: int) -> bytes | None:
        try:
            return far.recv(limit)
        except BlockingIOError:
            return None

    try:
        yield Slow(port, read)
    finally:
        await port.close()
        far.close()


def plain_client(address: str) -> socket.socket:
    """A blocking TCP connection with a time limit."""
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


async def read_from(client: socket.socket, limit: int = 65536) -> bytes:
    """What a plain client is sent next, while the loop goes on; b"" at its end."""
    client.setblocking(False)
    async with asyncio.timeout(PATIENCE):
        return await asyncio.get_running_loop().sock_recv(client, limit)
