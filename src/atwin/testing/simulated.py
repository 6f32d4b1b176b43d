"""A network inside this process, for the virtual clock: servers are handlers in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from atwin.net.inbox import Inbox
from atwin.net.names import ask
from atwin.net.network import (
    PLAIN,
    ConnectError,
    NameServers,
    Pong,
    ResolveError,
    SocketOptions,
    StreamError,
    attend,
    is_literal,
)
from atwin.net.udp import Mailbox

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from atwin.clock import Clock
    from atwin.net.network import Handler

#: Bytes on the way or unread at which a sender has to wait, like a TCP receive window.
_WINDOW = 512 * 1024
#: Bytes that arrive together on a shaped link: an Ethernet-sized TCP segment.
_SEGMENT = 1460
#: On a fast link segments travel in groups of this many seconds, which saves timers.
_GROUP = 0.01
#: Hops an answer to a ping has left.
_TTL = 63
#: Seconds of link time that a sender may book ahead of the others.
_AHEAD = 0.1


class SimulatedNetwork:
    """Hosts, ports and the way to them, the same at every run.

    `latency`: seconds per one-way trip. A connection costs one round trip, so does an answer
    of the name server. `bandwidth`: bytes per second each way, shared by all connections
    like the radio of a module; None is without limit. Only stream bytes count.
    """

    def __init__(
        self, clock: Clock, *, latency: float = 0.0, bandwidth: float | None = None
    ) -> None:
        self._clock = clock
        self._latency = latency
        self._up = _Link(clock, latency, bandwidth)
        self._down = _Link(clock, latency, bandwidth)
        self._addresses: dict[str, str] = {}
        self._handlers: dict[tuple[str, int], Handler[SimulatedStream]] = {}
        self._udp_handlers: dict[tuple[str, int], Handler[SimulatedUdp]] = {}
        self._silent: set[tuple[str, int]] = set()
        self._mute_names: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def add_host(self, host: str) -> str:
        """Make `host` known and give its address: itself, or the next one of TEST-NET-2."""
        name = host.lower()
        if is_literal(name):
            return name
        if name not in self._addresses:
            self._addresses[name] = f"198.51.100.{len(self._addresses) + 1}"
        return self._addresses[name]

    def serve(self, host: str, port: int, handler: Handler[SimulatedStream]) -> None:
        """Let `handler` answer connections to `host`:`port`; it gets the server's stream.

        The stream is closed when the handler returns, or when it raises: then the loop's
        exception handler reports the error.
        """
        self._handlers[self.add_host(host), port] = handler

    def serve_udp(self, host: str, port: int, handler: Handler[SimulatedUdp]) -> None:
        """Let `handler` answer datagrams to `host`:`port`; it gets one stream a client."""
        self._udp_handlers[self.add_host(host), port] = handler

    def never_answers(self, host: str, port: int) -> None:
        """Connections to `host`:`port` are neither accepted nor refused."""
        self._silent.add((self.add_host(host), port))

    def never_resolves(self, host: str) -> None:
        """The name server does not answer questions about `host`."""
        self._mute_names.add(host.lower())

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        name = host.lower()
        if is_literal(name):
            return host
        if servers is not None:
            return await ask(self.open_udp, host, servers)
        if name in self._mute_names:
            await _for_ever()
        await self._clock.sleep(2 * self._latency)
        address = self._addresses.get(name)
        if address is None:
            raise ResolveError(f"no address for {host!r}: unknown on the simulated network")
        return address

    async def connect(
        self, address: str, port: int, options: SocketOptions = PLAIN
    ) -> SimulatedStream:
        """The options mean nothing here."""
        if (address, port) in self._silent:
            await _for_ever()
        await self._clock.sleep(2 * self._latency)
        handler = self._handlers.get((address, port))
        if handler is None:
            raise ConnectError(f"connection to {address}:{port} refused")
        up, down = _Pipe(self._clock, self._up), _Pipe(self._clock, self._down)
        self._attend(attend(handler, SimulatedStream(down, up)))
        return SimulatedStream(up, down)

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        """Hosts this network knows answer, from one hop away."""
        known = {*self._addresses.values(), *(host for host, _ in self._handlers)}
        if address not in known:
            await _for_ever()
        await self._clock.sleep(2 * self._latency)
        return Pong(2 * self._latency, _TTL)

    async def open_udp(
        self, address: str, port: int, options: SocketOptions = PLAIN
    ) -> SimulatedUdp:
        """To a port nobody serves, datagrams go and are gone."""
        near, far = (
            SimulatedUdp(self._clock, self._latency),
            SimulatedUdp(self._clock, self._latency),
        )
        handler = self._udp_handlers.get((address, port))
        near.peer, far.peer = far, near
        if handler is not None:
            self._attend(attend(handler, far))
        return near

    def _attend(self, serving: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(serving)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class SimulatedUdp:
    """One end of an exchange of datagrams in memory; `peer` is the other."""

    peer: SimulatedUdp

    def __init__(self, clock: Clock, latency: float) -> None:
        self._clock = clock
        self._latency = latency
        self._mailbox = Mailbox()

    async def read(self, limit: int) -> bytes:
        return await self._mailbox.read(limit)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self._mailbox.check_open()
        datagram, mailbox = bytes(data), self.peer._mailbox
        self._clock.call_later(self._latency, lambda: mailbox.put(datagram))

    def close(self) -> None:
        """What was written is still delivered."""
        self._mailbox.close()


class SimulatedStream:
    """One end of a connection in memory."""

    def __init__(self, outgoing: _Pipe, incoming: _Pipe) -> None:
        self._outgoing = outgoing
        self._incoming = incoming

    @property
    def unacknowledged(self) -> int:
        return self._outgoing.flying

    async def read(self, limit: int) -> bytes:
        """What was sent before a reset is still given out."""
        return await self._incoming.inbox.read(limit)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        await self._outgoing.send(data)

    def close(self) -> None:
        """What was written is still delivered."""
        self._outgoing.finish(None)
        self._incoming.leave()

    def reset(self) -> None:
        """Break the connection: the other end reads what was written, then `StreamError`."""
        self._outgoing.finish(StreamError("the connection broke: reset by the other end"))
        self._incoming.leave()


class _Link:
    """One direction of the way between module and servers: bytes leave one after another."""

    def __init__(self, clock: Clock, latency: float, bandwidth: float | None) -> None:
        self.latency = latency
        self._clock = clock
        self._bandwidth = bandwidth
        # The end of the queue is computed from where it began, so that nothing adds up.
        self._busy_since = clock.now()
        self._booked = 0

    @property
    def segment(self) -> int:
        """Bytes that travel together."""
        return _WINDOW if self._bandwidth is None else max(_SEGMENT, int(self._bandwidth * _GROUP))

    def book(self, size: int) -> float:
        """Queue `size` bytes; seconds from now until the last of them is on its way."""
        if self.backlog() <= 0:
            self._busy_since = self._clock.now()
            self._booked = 0
        self._booked += size
        return self.backlog()

    def backlog(self) -> float:
        """Seconds until the queue is empty; negative when it has been for a while."""
        if self._bandwidth is None:
            return 0.0
        return self._busy_since + self._booked / self._bandwidth - self._clock.now()


class _Pipe:
    """One direction of a connection."""

    def __init__(self, clock: Clock, link: _Link) -> None:
        self.inbox = Inbox(self._check_room)
        self._clock = clock
        self._link = link
        #: Segments and, last, the end (None is the orderly one), in the order they were sent.
        self._on_the_way: deque[bytes | StreamError | None] = deque()
        #: Bytes that have not arrived.
        self.flying = 0
        self._room = asyncio.Event()
        self._finished = False
        self._receiver_left = False

    async def send(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(bytes(data))
        while True:
            if self._finished:
                raise StreamError("the connection is closed")
            if self._receiver_left:
                raise StreamError("the connection broke: closed by the other end")
            if not view:
                return
            room = _WINDOW - self.flying - self.inbox.size
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            segment = bytes(view[: min(room, self._link.segment)])
            view = view[len(segment) :]
            self.flying += len(segment)
            self._dispatch(segment, self._link.book(len(segment)))
            too_early = self._link.backlog() - _AHEAD
            if too_early > 0:
                await self._clock.sleep(too_early)

    def finish(self, error: StreamError | None) -> None:
        """The sender has sent its last; the receiver learns it after the data."""
        if not self._finished:
            self._finished = True
            self._room.set()
            self._dispatch(error, max(0.0, self._link.backlog()))

    def leave(self) -> None:
        """The receiver does not want any more."""
        self._receiver_left = True
        self.inbox.abandon(StreamError("the connection is closed"))
        self._room.set()

    def _dispatch(self, item: bytes | StreamError | None, delay: float) -> None:
        self._on_the_way.append(item)
        delay += self._link.latency
        if delay <= 0 and len(self._on_the_way) == 1:
            self._arrive()
        else:
            self._clock.call_later(delay, self._arrive)

    def _arrive(self) -> None:
        """The next item is there: timers count arrivals, the queue keeps their order."""
        item = self._on_the_way.popleft()
        if isinstance(item, bytes):
            self.flying -= len(item)
            self.inbox.put(item)
            self._check_room()
        else:
            self.inbox.end(item)

    def _check_room(self) -> None:
        if self.flying + self.inbox.size < _WINDOW:
            self._room.set()


async def _for_ever() -> None:
    await asyncio.Event().wait()
