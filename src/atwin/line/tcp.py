"""The line over TCP: the module's end as a listener, the host's end as a connection."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from atwin.line.errors import PortError
from atwin.line.transport import TransportPort

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from atwin.line.port import Receiver

#: Connections that are being let in or refused at one time, and seconds a refusal may take.
_MOST_WAITING, _REFUSAL = 32, 1.0
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
        #: Called when a client has come, before anything of it is heard, and when it has left.
        self.on_client: Callable[[], None] = lambda: None
        self.on_client_gone: Callable[[], None] = lambda: None
        self._receiver: Receiver | None = None
        self._client: TransportPort | None = None
        self._connection: socket.socket | None = None
        self._paused = False
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
        """See `Port.pause_reading`; it holds for the next client too."""
        self._paused = True
        if self._client is not None:
            self._client.pause_reading()

    def resume_reading(self) -> None:
        """See `Port.resume_reading`."""
        self._paused = False
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
        self._client = self._connection = None
        self.on_client_gone()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # a client that is gone already
            return
        connection.setblocking(False)
        if self._client is None:
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client = TransportPort(self.name)
            self._spawn(self._attach(connection))
        elif len(self._tasks) < _MOST_WAITING:
            self._spawn(self._replace_or_refuse(self._client, connection))
        else:
            connection.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace_or_refuse(self, client: TransportPort, connection: socket.socket) -> None:
        # A paused connection is not polled, so that its client left goes unnoticed.
        if self._connection is not None and _is_over(self._connection):
            client.abort()
            await client.gone()
            if self._client is None and not self._closed:
                self._client = TransportPort(self.name)
                await self._attach(connection)
                return
        await _refuse(connection)

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
            self._connection = connection
            self.on_client()
            client.start(self)
            if self._paused:
                client.pause_reading()


def _is_over(connection: socket.socket) -> bool:
    """Whether the far side has closed, even if what it sent before is not read yet."""
    poll = select.poll()
    poll.register(connection, getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll(0))


async def _refuse(connection: socket.socket) -> None:
    """Say why, and give the far side the time to read it: an early close would be a reset."""
    loop = asyncio.get_running_loop()
    with connection, suppress(OSError, TimeoutError):
        async with asyncio.timeout(_REFUSAL):
            await loop.sock_sendall(connection, _BUSY)
            connection.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(connection, 4096):
                pass


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
