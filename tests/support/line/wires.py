"""An RFC 2217 port and its clients in memory: no listener, no socket, and the virtual clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from atwin.clock.virtual import VirtualLoop
from atwin.line.ports.rfc2217 import Rfc2217ServerPort

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.ports.listener import TcpListener
    from atwin.line.ports.transport import TransportPort


class Nobody:
    """Stands for a listener that lets nobody in."""

    address, is_exposed = "127.0.0.1:0", False

    def join(self, seat: object) -> None:
        pass

    left = join

    async def close(self) -> None:
        pass


class Far:
    """A client's connection, as the server's port sees it: keeps what is written."""

    def __init__(self, heard: Callable[[bytes], None] | None = None) -> None:
        self.written = bytearray()
        self._heard = heard or self.written.extend

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._heard(bytes(data))

    def start(self, receiver: object) -> None:
        pass

    pause_reading = resume_reading = abort = lambda self: None

    async def drain(self) -> None:
        pass

    async def close(self) -> None:
        pass


def served() -> Rfc2217ServerPort:
    """A port that no network leads to."""
    return Rfc2217ServerPort("127.0.0.1", 0, listener=cast("TcpListener", Nobody()))


def comes(port: Rfc2217ServerPort, far: Far) -> None:
    """A client is there."""
    port._tcp.inner = cast("TransportPort", far)
    port._tcp.on_client()


class Wires(VirtualLoop):
    """A loop on which every connection leads to `port`; `changed` may change what it answers."""

    def __init__(self, port: Callable[[], Rfc2217ServerPort]) -> None:
        super().__init__()
        self._port = port
        self.changed: Callable[[bytes], bytes] = lambda data: data

    async def create_connection(  # type: ignore[override] # one of its many forms
        self, factory: Any, *where: Any, **more: Any
    ) -> Any:
        """Both ends in memory."""
        self.host = factory()
        wire = Wire(self, self._port())
        self.host.connection_made(wire)
        return wire, self.host


class Wire(asyncio.Transport):
    """The host's connection to the server's port."""

    def __init__(self, loop: Wires, port: Rfc2217ServerPort) -> None:
        super().__init__()
        self._loop, self.port = loop, port
        self._closing = False
        comes(port, Far(self.answered))

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closing:
            self._loop.call_soon(self.port._tcp.received, bytes(data))

    def answered(self, data: bytes) -> None:
        """From the server, with what it puts in between."""
        self._loop.call_soon(self._heard, self._loop.changed(data))

    def _heard(self, data: bytes) -> None:
        if not self._closing:
            self._loop.host.data_received(data)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._loop.host.connection_lost, None)

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass
