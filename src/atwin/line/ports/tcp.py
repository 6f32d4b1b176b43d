"""The line over TCP: the module's end as a server, the host's end as a connection."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.disk.errors import reason
from atwin.line.port import PortError
from atwin.line.ports.listener import ClientPatience, Holder, TcpListener, bracket
from atwin.line.ports.transport import TransportPort
from atwin.line.ports.wrapper import PortWrapper

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.port import Receiver

#: A far side that has vanished is noticed after this many seconds, by this many probes, 10 s apart.
_PROBES = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))


class TcpServerPort(PortWrapper[TransportPort]):
    """One module for one client at a time; when a client leaves, the next one gets the same.

    What the module says while no client is there is lost, as on an unplugged cable. Its
    `TcpListener` decides who comes in, and who is refused.
    """

    def __init__(
        self,
        host: str,
        port: int,
        patience: ClientPatience | None = None,
        *,
        listener: TcpListener | None = None,
    ) -> None:
        """Listen at once, on a free port when `port` is 0; `listener` is one that does so there.

        Raises `PortError` where nobody can just now, and `PortSpecError` where nobody ever can.
        """
        self._listener = listener or TcpListener(host, port, patience)
        self.address = self._listener.address
        super().__init__(f"tcp {self.address}")
        #: Whether other computers may reach it.
        self.is_exposed = self._listener.is_exposed
        #: Called when a client has come, before anything of it is heard, and when it has left.
        self.on_client: Callable[[], None] = lambda: None
        self.on_client_gone: Callable[[], None] = lambda: None
        #: Who has the module; None while nobody does.
        self.holder: Holder | None = None
        self._closed = False

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._listener.join(self)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._listener.close()
        await super().close()
        super().lost(None)

    # --- Receiver of the client's connection -----------------------------------------------------

    def received(self, data: bytes) -> None:
        if self.holder is not None:
            self.holder.heard = True
            self.holder.since = asyncio.get_running_loop().time()
        super().received(data)

    def resume_reading(self) -> None:
        if self.holder is not None:
            self.holder.resumed = asyncio.get_running_loop().time()
        super().resume_reading()

    def lost(self, reason: str | None) -> None:
        """The client left; the module does not notice."""
        self.holder = self.inner = None
        self.on_client_gone()
        self._listener.left(self)

    # --- what the listener does -------------------------------------------------------------------

    async def take(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        port = TransportPort(self.name)
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in _PROBES:
                if hasattr(socket, option):
                    connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        try:
            await loop.connect_accepted_socket(lambda: port, connection)
        except OSError:
            connection.close()
            return
        self.holder, self.inner = Holder(port, connection, loop.time()), port
        self.on_client()
        self._begin()


async def connect_tcp(host: str, port: int) -> TransportPort:
    """The host's end: `socket://H:P`. Raises `PortError`."""
    name = f"socket://{bracket(host)}:{port}"
    loop = asyncio.get_running_loop()
    try:
        _, connection = await loop.create_connection(lambda: TransportPort(name), host, port)
    except (OSError, OverflowError, UnicodeError) as error:
        raise cannot_connect(name, error) from error
    return connection


def cannot_connect(name: str, error: Exception) -> PortError:
    """What to raise when no connection to `name` could be made."""
    return PortError(f"{name}: cannot connect: {reason(error)}; is a module served there?")
