"""The line over TCP: the module's end as a listener, the host's end as a connection."""

from __future__ import annotations

import asyncio
import errno
import select
import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from atwin.disk.errors import reason
from atwin.line.port import PortError, PortSpecError
from atwin.line.ports.transport import TransportPort
from atwin.line.ports.wrapper import PortWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from atwin.line.port import Receiver

#: Connections that are being let in or refused at one time, and seconds a refusal may take.
_MOST_WAITING, _REFUSAL = 32, 1.0
_BUSY = b"busy: another client has this module\r\n"
_REPLACED = b"busy: another client takes this module over, nothing has come from you for long\r\n"
#: Seconds in which what a client sent before it left is read, and from one look at it to the next.
_READING, _LOOK_AGAIN = 2.0, 0.05
#: What `accept` fails with when this computer can open no more, and seconds until the next try.
_NO_ROOM, _ROOM_AGAIN = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM), 0.5
#: Why nobody can ever listen there: another computer's address, a port that is not for everybody.
_NOT_OURS = (errno.EADDRNOTAVAIL, errno.EACCES)
#: A far side that has vanished is noticed after so many seconds, 10 s apart, of so many probes.
_PROBES = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))


@dataclass(frozen=True, slots=True)
class ClientPatience:
    """With a client that has the module while another one wants it; times in seconds."""

    #: A client that is about to go has so long before the next one is refused.
    leaving: float = 0.1
    #: One that has never sent a byte makes room after so long, from when it came.
    unheard: float = 10.0
    #: Any other one, from the last byte it sent.
    idle: float = 3600.0


class _Holder:
    """Who has the module."""

    def __init__(self, port: TransportPort, connection: socket.socket, now: float) -> None:
        self.port = port
        #: When it came, or was last heard, on the loop's clock.
        self.since = now
        #: When it was last let speak again.
        self.resumed = now
        self.heard = False
        self._connection = connection

    def has_left(self) -> bool:
        """Whether the far side has closed, even if what it sent before is not read yet."""
        if self._connection.fileno() < 0:
            return True
        if not hasattr(select, "poll"):  # Windows: only after what it sent has been read
            return self._is_at_end()
        poll = select.poll()
        poll.register(self._connection, getattr(select, "POLLRDHUP", 0))
        return bool(poll.poll(0))

    def _is_at_end(self) -> bool:
        try:
            return not self._connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def is_silent(self, patience: ClientPatience, now: float) -> bool:
        """Whether it has said nothing for so long that another one may have the module."""
        return now - self.since >= (patience.idle if self.heard else patience.unheard)


class TcpServerPort(PortWrapper[TransportPort]):
    """One module for one client at a time; when a client leaves, the next one gets the same.

    What the module says while no client is there is lost, as on an unplugged cable. A client that
    comes while another one is there is refused, unless that one has left, or is silent beyond
    `ClientPatience`: nobody holds a module for ever.
    """

    def __init__(self, host: str, port: int, patience: ClientPatience | None = None) -> None:
        """Listen at once, on a free port when `port` is 0.

        Raises `PortError` where nobody can just now, and `PortSpecError` where nobody ever can.
        """
        if not 0 <= port <= 65535:
            raise PortSpecError(f"cannot listen on {_bracket(host)}:{port}: ports end at 65535")
        try:
            self._listener = socket.create_server((host, port), family=_family(host))
        except (OSError, UnicodeError) as error:
            why = f"cannot listen on {_bracket(host)}:{port}: {reason(error)}"
            cannot_be = isinstance(error, OSError) and error.errno in _NOT_OURS
            kind = PortSpecError if cannot_be else PortError
            raise kind(f"{why}; choose another address") from error
        self._listener.setblocking(False)
        bound = self._listener.getsockname()
        self.address = f"{_bracket(bound[0])}:{bound[1]}"
        super().__init__(f"tcp {self.address}")
        #: Whether other computers may reach it.
        self.is_exposed = not ip_address(bound[0].partition("%")[0]).is_loopback
        #: Called when a client has come, before anything of it is heard, and when it has left.
        self.on_client: Callable[[], None] = lambda: None
        self.on_client_gone: Callable[[], None] = lambda: None
        self._patience = patience or ClientPatience()
        self._client: _Holder | None = None
        self._empty = asyncio.Event()
        #: Connections nobody has looked at yet, with the time until which they may wait.
        self._waiting: deque[tuple[socket.socket, float]] = deque()
        self._accepting: asyncio.Task[None] | None = None
        self._door: asyncio.Task[None] | None = None
        self._refusals: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait((self._accepting,))
        self._listener.close()
        # A client on its way in is let in first: its socket then has an owner who closes it.
        if at_work := self._refusals | ({self._door} if self._door is not None else set()):
            await asyncio.wait(at_work)
        await super().close()
        super().lost(None)

    # --- Receiver of the client's connection -----------------------------------------------------

    def received(self, data: bytes) -> None:
        if self._client is not None:
            self._client.heard = True
            self._client.since = asyncio.get_running_loop().time()
        super().received(data)

    def resume_reading(self) -> None:
        if self._client is not None:
            self._client.resumed = asyncio.get_running_loop().time()
        super().resume_reading()

    def lost(self, reason: str | None) -> None:
        """The client left; the module does not notice."""
        self._client = self.inner = None
        self._empty.set()
        self.on_client_gone()

    # --- the door --------------------------------------------------------------------------------

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError as error:  # or a client that is gone already
                # Asked again at once it would spin.
                await asyncio.sleep(_ROOM_AGAIN if error.errno in _NO_ROOM else 0)
                continue
            if len(self._waiting) + len(self._refusals) >= _MOST_WAITING:
                connection.close()
                continue
            self._waiting.append((connection, loop.time() + self._patience.leaving))
            if self._door is None:
                self._door = loop.create_task(self._open_door())

    async def _open_door(self) -> None:
        """Let in or refuse everyone who waits, in the order they came."""
        while self._waiting:
            connection, until = self._waiting.popleft()
            is_free = await self._is_free(until)
            if self._closed:  # in the meantime, for one
                connection.close()
            elif is_free:
                await self._attach(connection)
            else:
                self._refuse(_refuse(connection))
        self._door = None

    async def _is_free(self, until: float) -> bool:
        """Whether the module is without a client, soon after that time of the loop at the latest.

        The end of a client stands after all it sent. While that is being read it may have left.
        """
        loop, is_read = asyncio.get_running_loop(), False
        while (client := self._client) is not None and not self._closed:
            # A paused connection is not polled: that its client left would go unnoticed.
            if self._paused and not is_read and client.has_left():
                break
            now = loop.time()
            is_read = now < max(client.since, client.resumed) + self._patience.leaving
            if now >= until + (_READING if self._paused or is_read else 0):
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._is_empty()
        if self._client is None or self._closed:
            return True
        if self._client.has_left():
            self._client.port.abort()
        elif self._client.is_silent(self._patience, asyncio.get_running_loop().time()):
            self._client.port.write(_REPLACED)
            await self._client.port.close()
        else:
            return False
        await self._is_empty()
        return True

    async def _is_empty(self) -> None:
        while self._client is not None:
            self._empty.clear()
            await self._empty.wait()

    def _refuse(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._refusals.add(task)
        task.add_done_callback(self._refusals.discard)

    async def _attach(self, connection: socket.socket) -> None:
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
        self._client, self.inner = _Holder(port, connection, loop.time()), port
        self.on_client()
        self._begin()


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
    return PortError(f"{name}: cannot connect: {reason(error)}; is a module served there?")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
