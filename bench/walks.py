"""How many files of the package a byte walks through: what one who reads must open.

The network is this program's own, so a walk begins where the module reads from a connection, or
where its port has bytes, and ends at the port. `python -m bench.walks` lists the files in order.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure

import atwin
from atwin.line.ports.memory import memory_pair
from atwin.net.network import PLAIN, NameServers, Pong, SocketOptions, Stream
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import FrameType

    from bench.figures import Scale

    from atwin.line.ports.memory import MemoryPort

_HOME = Path(atwin.__file__).parent


class Connection:
    """Gives what it is told to give."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self, limit: int) -> bytes:
        return await self.coming.get()

    async def write(self, data: bytes | bytearray | memoryview) -> None: ...
    def close(self) -> None: ...


class OneServer:
    """A network on which every connection is `connection`."""

    def __init__(self) -> None:
        self.connection = Connection()

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        return "192.0.2.1"

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return self.connection

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return self.connection

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        return Pong(0, ttl)


class Host:
    """Types a line and waits for what ends its answer."""

    def __init__(self, port: MemoryPort) -> None:
        self._port = port
        self._heard = b""
        self._news = asyncio.Event()
        port.start(self)

    def received(self, data: bytes) -> None:
        self._heard += data
        self._news.set()

    def lost(self, reason: str | None) -> None: ...

    async def ask(self, line: str, end: str) -> None:
        self._port.write(line.encode() + b"\r")
        await self.hear(end)

    async def hear(self, end: str) -> None:
        async with asyncio.timeout(10):
            while not self._heard.endswith(end.encode() + b"\r\n"):
                self._news.clear()
                await self._news.wait()
        self._heard = b""


@contextmanager
def walked() -> Iterator[dict[str, None]]:
    """The files of the package whose functions are called inside, in order."""
    files: dict[str, None] = {}

    def called(frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(_HOME):
            files.setdefault(str(path.relative_to(_HOME)))

    threading.setprofile(called)  # those that begin inside
    sys.setprofile(called)
    try:
        yield files
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


async def received_byte(network: OneServer, host: Host) -> list[str]:
    """A TCP byte to `+CIPRXGET: 1`."""
    await host.ask("ATE0;+CIPRXGET=1", "OK")
    await host.ask('AT+CIPSTART="TCP","a.test",7000', "CONNECT OK")
    with walked() as files:
        network.connection.coming.put_nowait(b"x")
        await host.hear("+CIPRXGET: 1")
    return list(files)


async def http_read(network: OneServer, host: Host) -> list[str]:
    """AT+HTTPREAD: port, buffer, port."""
    for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", bytes(200)):
        network.connection.coming.put_nowait(answer)
    await host.ask('ATE0;+SAPBR=1,1;+HTTPINIT;+HTTPPARA="URL","http://a.test/"', "OK")
    await host.ask("AT+HTTPACTION=0", "+HTTPACTION: 0,200,200")
    with walked() as files:
        await host.ask("AT+HTTPREAD=0,100", "OK")
    return list(files)


def connecting() -> list[str]:
    """`connect` to the open port of a module."""
    with atwin.twin(pty=True) as module:
        atwin.connect(module.port).close()  # from here on all is imported
        with walked() as files:
            atwin.connect(module.port).close()
    opened = list(files)
    return opened[: opened.index("host/modem.py")]


async def files_of(walk: Callable[[OneServer, Host], Awaitable[list[str]]]) -> list[str]:
    near, far = memory_pair()
    network = OneServer()
    async with Twin("air780e-at", far, network=network, time_scale=0):
        return await walk(network, Host(near))


def walks() -> dict[str, list[str]]:
    """The files of each."""
    return {
        "received": asyncio.run(files_of(received_byte)),
        "read": asyncio.run(files_of(http_read)),
        "connect": connecting(),
    }


#: What each is, and the most files it may have.
WALKS = {
    "received": (received_byte, 12),
    "read": (http_read, 15),
    "connect": (connecting, 8),
}


def figures(scale: Scale) -> Iterator[Figure]:
    for name, files in walks().items():
        walk, most = WALKS[name]
        yield Figure.of_runs(
            f"walks.{name}", str(walk.__doc__).rstrip("."), "files", [len(files)],
            limit="the floors (docs/explanation/architecture.md)", goal=most, better="less",
        )  # fmt: skip


def main() -> None:
    for name, files in walks().items():
        print(f"{WALKS[name][0].__doc__} {len(files)} files\n  ", "\n   ".join(files))


if __name__ == "__main__":
    main()
