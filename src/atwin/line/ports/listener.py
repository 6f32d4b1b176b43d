"""Where clients come in by TCP: each gets the first free one of some seats, or is told why not."""

from __future__ import annotations

import asyncio
import errno
import heapq
import select
import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol

from atwin.disk.errors import reason
from atwin.line.port import PortError, PortSpecError

if TYPE_CHECKING:
    from atwin.line.ports.transport import TransportPort

#: Connections beyond the free seats that are being let in or refused at one time, and seconds a
#: refusal may take.
_MOST_WAITING, _REFUSAL = 32, 1.0
_BUSY = b"busy: another client has this module\r\n"
_ALL_BUSY = b"busy: other clients have all %d modules\r\n"
_REPLACED = b"busy: another client takes this module over, nothing has come from you for long\r\n"
#: Connections the kernel keeps until they are accepted; it has a limit of its own.
_BACKLOG = 128, 4096
#: Seconds in which what a client sent before it left is read, and from one look at it to the next.
_READING, _LOOK_AGAIN = 2.0, 0.05
#: What `accept` fails with when this computer can open no more, and seconds until the next try.
_NO_ROOM, _ROOM_AGAIN = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM), 0.5
#: Why nobody can ever listen there: another computer's address, a port that is not for everybody.
_NOT_OURS = (errno.EADDRNOTAVAIL, errno.EACCES)


@dataclass(frozen=True, slots=True)
class ClientPatience:
    """With a client that has the module while another one wants it; times in seconds."""

    #: A client that is about to go has so long before the next one is refused.
    leaving: float = 0.1
    #: One that has never sent a byte makes room after so long, from when it came.
    unheard: float = 10.0
    #: Any other one, from the last byte it sent.
    idle: float = 3600.0


class Holder:
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


class Seat(Protocol):
    """A module that one client has at a time."""

    #: Who has it; None while nobody does.
    holder: Holder | None
    #: Whether what its client sends is not read for now.
    paused: bool

    async def take(self, connection: socket.socket) -> None:
        """Let the client have it; `holder` stays None when it is gone already."""


class TcpListener:
    """Lets clients in to `seats` modules, which `join` it; the lowest one that is free comes first.

    A client that comes while there is none is refused, unless one has just left, or is silent
    beyond `ClientPatience`: nobody holds a module for ever.
    """

    def __init__(
        self, host: str, port: int, patience: ClientPatience | None = None, seats: int = 1
    ) -> None:
        """Listen at once, on a free port when `port` is 0; let in when all seats have joined.

        Raises `PortError` where nobody can just now, and `PortSpecError` where nobody ever can.
        """
        if not 0 <= port <= 65535:
            raise PortSpecError(f"cannot listen on {bracket(host)}:{port}: ports end at 65535")
        backlog = min(max(seats, _BACKLOG[0]), _BACKLOG[1])
        try:
            self._listener = socket.create_server(
                (host, port), family=_family(host), backlog=backlog
            )
        except (OSError, UnicodeError) as error:
            why = f"cannot listen on {bracket(host)}:{port}: {reason(error)}"
            cannot_be = isinstance(error, OSError) and error.errno in _NOT_OURS
            kind = PortSpecError if cannot_be else PortError
            raise kind(f"{why}; choose another address") from error
        self._listener.setblocking(False)
        bound = self._listener.getsockname()
        self.address = f"{bracket(bound[0])}:{bound[1]}"
        #: Whether other computers may reach it.
        self.is_exposed = not ip_address(bound[0].partition("%")[0]).is_loopback
        self._patience = patience or ClientPatience()
        self._expected = seats
        self._seats: list[Seat] = []
        self._numbers: dict[Seat, int] = {}
        #: Numbers of those that nobody has: a heap.
        self._free: list[int] = []
        self._left = asyncio.Event()
        #: Connections nobody has looked at yet, with the time until which they may wait.
        self._waiting: deque[tuple[socket.socket, float]] = deque()
        self._accepting: asyncio.Task[None] | None = None
        self._door: asyncio.Task[None] | None = None
        self._refusals: set[asyncio.Task[None]] = set()
        self._closed = False

    def join(self, seat: Seat) -> None:
        """One more that clients may have."""
        self._numbers[seat] = len(self._seats)
        heapq.heappush(self._free, len(self._seats))
        self._seats.append(seat)
        if len(self._seats) == self._expected and not self._closed:
            self._accepting = asyncio.get_running_loop().create_task(self._accept())

    def left(self, seat: Seat) -> None:
        """The client of `seat` is gone; `holder` is None again."""
        heapq.heappush(self._free, self._numbers[seat])
        self._left.set()

    async def close(self) -> None:
        """Let nobody in any more, to no seat; harmless when called twice."""
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

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError as error:  # or a client that is gone already
                # Asked again at once it would spin.
                await asyncio.sleep(_ROOM_AGAIN if error.errno in _NO_ROOM else 0)
                continue
            if len(self._waiting) + len(self._refusals) >= _MOST_WAITING + len(self._free):
                connection.close()
                continue
            self._waiting.append((connection, loop.time() + self._patience.leaving))
            if self._door is None:
                self._door = loop.create_task(self._open_door())

    async def _open_door(self) -> None:
        """Let in or refuse everyone who waits, in the order they came."""
        while self._waiting:
            connection, until = self._waiting.popleft()
            await self._make_room(until)
            if self._closed:  # in the meantime, for one
                connection.close()
            elif self._free:
                seat = self._seats[number := heapq.heappop(self._free)]
                await seat.take(connection)
                if seat.holder is None:
                    heapq.heappush(self._free, number)
            else:
                self._refuse(connection)
        self._door = None

    async def _make_room(self, until: float) -> None:
        """Have a free seat, if there can be one soon after that time of the loop at the latest.

        The end of a client stands after all it sent. While that is being read it may have left.
        """
        loop, is_read = asyncio.get_running_loop(), False
        # Of many clients some are read at any time, and the next one would always wait for them.
        alone = self._seats[0] if len(self._seats) == 1 else None
        while not self._free and not self._closed:
            now = loop.time()
            if alone is not None and alone.holder is not None:
                last = max(alone.holder.since, alone.holder.resumed)
                # A paused connection is not polled: that its client left would go unnoticed.
                if alone.paused and not is_read and alone.holder.has_left():
                    break
                is_read = now < last + self._patience.leaving
            reading = alone is not None and (alone.paused or is_read)
            if now >= until + (_READING if reading else 0):
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._somebody_left()
        if self._free or self._closed:
            return
        holders = [seat.holder for seat in self._seats if seat.holder is not None]
        if gone := next((one for one in holders if one.has_left()), None):
            gone.port.abort()
        elif silent := next((one for one in holders if one.is_silent(self._patience, now)), None):
            silent.port.write(_REPLACED)
            await silent.port.close()
        else:
            return
        await self._somebody_left()

    async def _somebody_left(self) -> None:
        while not self._free:
            self._left.clear()
            await self._left.wait()

    def _refuse(self, connection: socket.socket) -> None:
        text = _BUSY if self._expected == 1 else _ALL_BUSY % self._expected
        task = asyncio.get_running_loop().create_task(_tell(connection, text))
        self._refusals.add(task)
        task.add_done_callback(self._refusals.discard)


async def _tell(connection: socket.socket, text: bytes) -> None:
    """Say why, and give the far side the time to read it: an early close would be a reset."""
    loop = asyncio.get_running_loop()
    with connection, suppress(OSError, TimeoutError):
        async with asyncio.timeout(_REFUSAL):
            await loop.sock_sendall(connection, text)
            connection.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(connection, 4096):
                pass


def bracket(host: str) -> str:
    """`host` as it stands before a colon and a port."""
    return f"[{host}]" if ":" in host else host


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
