"""The line over TCP: the module's end as a listener, the host's end as a connection."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.line.errors import PortError
from atwin.line.transport import TransportPort

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.port import Receiver

_BUSY = b"busy: another client has this module\r\n"


class TcpServerPort:
    """One module for one client at a time; when a client leaves, the next one gets the same.

    What the module says while no client is there is lost, as on an unplugged cable.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen at once, on a free port when `port` is 0. Raises `PortError`."""
        if not 0 <= port <= 65535:
            raise PortError(f"cannot listen on {_bracket(host)}:{port}: ports end at 65535")
        try:
            self._listener = socket.create_server((host, port), family=_family(host))
        except (OSError, UnicodeError) as error:
            why = f"cannot listen on {_bracket(host)}:{port}: {_explain(error)}"
            raise PortError(f"{why}; choose another address") from error
        self._listener.setblocking(False)
        bound = self._listener.getsockname()
        self.address = f"{_bracket(bound[0])}:{bound[1]}"
        self.name = f"tcp {self.address}"
        #: Called when a client has come, before anything of it is heard.
        self.on_client: Callable[[], None] = lambda: None
        self._receiver: Receiver | None = None
        self._client: TransportPort | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self, receiver: Receiver) -> None:
        """See `Port.start`."""
        self._receiver = receiver
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `Port.write`."""
        if self._client is not None:
            self._client.write(data)

    async def drain(self) -> None:
        """See `Port.drain`."""
        if self._client is not None:
            await self._client.drain()

    def pause_reading(self) -> None:
        """See `Port.pause_reading`; it ends with the client."""
        if self._client is not None:
            self._client.pause_reading()

    def resume_reading(self) -> None:
        """See `Port.resume_reading`."""
        if self._client is not None:
            self._client.resume_reading()

    async def close(self) -> None:
        """See `Port.close`."""
        if self._closed:
            return
        self._closed = True
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        # A client on its way in is let in first: its socket then has an owner who closes it.
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._client is not None:
            await self._client.close()
        if self._receiver is not None:
            self._receiver.lost(None)

    # --- Receiver of the client's connection -----------------------------------------------------

    def received(self, data: bytes) -> None:
        """From the client."""
        assert self._receiver is not None
        self._receiver.received(data)

    def lost(self, reason: str | None) -> None:
        """The client left; the module does not notice."""
        self._client = None

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # a client that is gone already
            return
        connection.setblocking(False)
        if self._client is not None:
            with connection, suppress(OSError):
                connection.send(_BUSY)
            return
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = TransportPort(self.name)
        task = asyncio.get_running_loop().create_task(self._attach(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attach(self, connection: socket.socket) -> None:
        client = self._client
        assert client is not None
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: client, connection)
        except OSError:
            connection.close()
            self._client = None
        else:
            self.on_client()
            client.start(self)


async def connect_tcp(host: str, port: int) -> TransportPort:
    """The host's end: `socket://H:P`. Raises `PortError`."""
    name = f"socket://{_bracket(host)}:{port}"
    loop = asyncio.get_running_loop()
    try:
        _, connection = await loop.create_connection(lambda: TransportPort(name), host, port)
    except (OSError, OverflowError, UnicodeError) as error:
        raise cannot_connect(name, error) from error
    return connection


def cannot_connect(name: str, error: Exception) -> PortError:
    """What to raise when no connection to `name` could be made."""
    return PortError(f"{name}: cannot connect: {_explain(error)}; is a module served there?")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _explain(error: Exception) -> str:
    """The system's words; asyncio's own put the address in again."""
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
