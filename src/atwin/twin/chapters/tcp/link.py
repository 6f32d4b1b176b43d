"""One connection of AT+CIPSTART: opening it, sending, and what it has received (network.md §5)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from atwin.net.network import Stream, StreamError, TlsStreamError, unacknowledged
from atwin.twin.chapters.tcp.states import ClientState

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.net.network import Network, SocketOptions
    from atwin.twin.engine.pool import Slot

#: Bytes of a packet at most, in either direction (spec: network.md §5).
PACKET = 1460
#: Bytes held for CIPRXGET; beyond it the socket is not read (spec: uart.md §11).
WINDOW = 32767
#: Seconds a packet may take into the stack, or to be confirmed: as long as vendor hosts wait.
SEND_TIME = 50.0
#: Seconds between looks at what is confirmed; no system reports that by itself.
_LOOK = 0.02


class SocketError(IntEnum):
    """The numbers of `TCP ERROR:` this module comes to, and of `UDP ERROR:` alike."""

    NO_TSAPI = 2
    NETWORK = 6
    TIMEOUT = 12
    ABORTED = 13
    RESET = 14


class LinkBroken(Exception):  # noqa: N818 - an event of the link's life, reported as a URC
    """An open link ended otherwise than by the peer's orderly close."""

    def __init__(self, number: SocketError, why: str) -> None:
        super().__init__(why)
        self.number = number


class Delivery(Protocol):
    """Where received packets go: see `Sockets`."""

    def holds(self, link: Link) -> bool:
        """Whether packets are to wait in the module."""

    def fetchable(self, link: Link) -> bool:
        """Whether the host fetches held packets itself, also from a link that has ended."""

    def arrived(self, link: Link) -> None:
        """A packet waits."""

    async def deliver(self, link: Link, packet: bytes) -> None:
        """Put a packet on the line; returns when it has left."""


#: Lays TLS over a connected stream by the context of that number, for that host. Raises
#: `TlsError`.
Secure = Callable[[int, Stream, str], Awaitable[Stream]]


class Link:
    """From AT+CIPSTART until it is closed; then it only remembers."""

    def __init__(self, number: int, kind: str, host: str, port: int, slot: Slot | None) -> None:
        """`kind` is TCP or UDP; without `slot` there is no room for the connection."""
        self.number = number
        self.kind = kind
        self.host = host
        self.port = port
        #: The peer's address; its name until that is resolved.
        self.address = host
        self.slot = slot
        self.state = ClientState.CONNECTING
        #: What serves the link.
        self.task: asyncio.Task[None] | None = None
        #: Bytes sent since it was opened.
        self.sent = 0
        #: Bytes received that the host has not got.
        self.waiting = 0
        #: Whether the host has been told of what waits (CIPRXGET).
        self.announced = False
        self._stream: Stream | None = None
        self._was_tcp = False
        self._broken: LinkBroken | None = None
        self._packets: deque[bytes] = deque()
        self._giving = False
        self._news = asyncio.Event()
        self._taken = asyncio.Event()

    @property
    def alive(self) -> bool:
        """Whether it is open, or about to be."""
        return self.state in (ClientState.CONNECTING, ClientState.CONNECTED)

    # --- opening and closing --------------------------------------------------------------------

    async def open(
        self,
        network: Network,
        options: SocketOptions,
        secure: Secure | None,
    ) -> None:
        """Resolve, connect, and shake hands if `secure`. Raises `NetworkError`."""
        self.address = await network.resolve(self.host)
        if self.kind == "UDP":
            self._stream = await network.open_udp(self.address, self.port, options)
            return
        stream = await network.connect(self.address, self.port, options)
        self._was_tcp = True
        if secure is not None:
            try:
                stream = await secure(self.number, stream, self.host)
            except BaseException:
                stream.close()
                raise
        self._stream = stream

    def release(self) -> None:
        """Let go of socket and slot; harmless when called twice."""
        self.state = ClientState.CLOSED
        if self._stream is not None:
            self._stream.close()
        if self.slot is not None:
            self.slot.release(lingers=self._was_tcp)

    def close(self) -> None:
        """End it from the module's side, whatever is under way."""
        self.release()
        if self.task is not None:
            self.task.cancel()

    # --- sending --------------------------------------------------------------------------------

    async def send(self, clock: Clock, data: bytes, *, confirmed: bool = False) -> bool:
        """Send one packet; False when that failed, which also ends the link.

        `confirmed`: return when the peer has confirmed everything.
        """
        assert self._stream is not None
        try:
            async with asyncio.timeout(SEND_TIME):
                await self._stream.write(data)
                self.sent += len(data)
                while confirmed and self.unacknowledged:
                    await clock.sleep(_LOOK)
        except TimeoutError:
            why = f"a packet was not taken in {SEND_TIME:g} s"
            self._break(LinkBroken(SocketError.TIMEOUT, why))
            return False
        except StreamError as error:
            self._break(self._as_broken(error))
            return False
        return True

    @property
    def unacknowledged(self) -> int:
        """Bytes sent that the peer has not confirmed, as far as anybody can tell."""
        if self._stream is None or not self.alive:
            return 0
        return min(self.sent, unacknowledged(self._stream))

    def _break(self, broken: LinkBroken) -> None:
        self._broken = self._broken or broken
        self._taken.set()
        if self._stream is not None:
            # Whoever reads from it learns it now, and ends the link.
            self._stream.close()

    def _as_broken(self, error: StreamError) -> LinkBroken:
        if self.kind == "UDP":
            return LinkBroken(SocketError.NETWORK, str(error))
        secured = isinstance(error, TlsStreamError)
        return LinkBroken(SocketError.ABORTED if secured else SocketError.RESET, str(error))

    # --- receiving ------------------------------------------------------------------------------

    async def carry(self, delivery: Delivery) -> None:
        """Receive until the peer closes; returns when the host has got what is not held for it.

        Raises `LinkBroken`.
        """
        reader = asyncio.ensure_future(self._receive(delivery))
        giver = asyncio.ensure_future(self._give(delivery, reader))
        try:
            await giver
            await reader
        finally:
            reader.cancel()
            giver.cancel()
            await asyncio.gather(reader, giver, return_exceptions=True)

    async def _receive(self, delivery: Delivery) -> None:
        assert self._stream is not None
        try:
            while True:
                while (room := self._room(delivery)) <= 0:
                    if self._broken is not None:
                        raise self._broken
                    self._taken.clear()
                    await self._taken.wait()
                packet = await self._stream.read(min(PACKET, room))
                if not packet:
                    return
                self._packets.append(packet)
                self.waiting += len(packet)
                delivery.arrived(self)
                self._news.set()
        except StreamError as error:
            raise self._broken or self._as_broken(error) from error
        finally:
            self._news.set()

    def _room(self, delivery: Delivery) -> int:
        """Bytes that may be read now: one packet at a time where they pass right through."""
        if delivery.holds(self):
            return WINDOW - self.waiting
        return 0 if self._packets or self._giving else PACKET

    async def _give(self, delivery: Delivery, reader: asyncio.Future[None]) -> None:
        while not reader.done() or (self._packets and not delivery.fetchable(self)):
            if not self._packets or delivery.holds(self):
                self._news.clear()
                await self._news.wait()
                continue
            self._giving = True
            packet = self._packets.popleft()
            self.waiting -= len(packet)
            await delivery.deliver(self, packet)
            self._giving = False
            self._taken.set()

    def mode_changed(self) -> None:
        """Packets are held now, or are not any more."""
        self._news.set()
        self._taken.set()

    def fetch(self, size: int) -> bytes:
        """Take up to `size` of the bytes that wait."""
        pieces = []
        while self._packets and size > 0:
            packet = self._packets.popleft()
            if len(packet) > size:
                self._packets.appendleft(packet[size:])
                packet = packet[:size]
            pieces.append(packet)
            size -= len(packet)
        data = b"".join(pieces)
        self.waiting -= len(data)
        self._taken.set()
        return data
