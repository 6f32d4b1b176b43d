"""One connection of AT+CIPSTART: opening it, sending, and keeping what it receives.

See docs/spec/network.md §5.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import IntEnum
from typing import TYPE_CHECKING

from atwin.net.network import ResolveError, StreamError, TlsStreamError, unacknowledged
from atwin.twin.chapters.network.names import Names
from atwin.twin.chapters.ssl import Ssl
from atwin.twin.chapters.tcp.scene import ClientState

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.net.network import SocketOptions, Stream
    from atwin.twin.chapters.tcp.incoming import Incoming
    from atwin.twin.engine.pool import Slot
    from atwin.twin.engine.run import Run

#: Bytes of a packet at most, in either direction (docs/spec/network.md §5).
PACKET = 1460
#: Bytes held for CIPRXGET; beyond it the socket is not read (docs/spec/uart.md §11).
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
        #: Whether TLS lies over it.
        self.secure = False
        #: Whether what it received can still be fetched.
        self.readable = True
        self._stream: Stream | None = None
        self._sending = asyncio.Lock()
        self._was_tcp = False
        self._broken: LinkBroken | None = None
        self._packets: deque[bytes] = deque()
        self._giving = False
        self._news = asyncio.Event()
        self._taken = asyncio.Event()

    @property
    def peer(self) -> str:
        """Its address and port."""
        return f"{self.address}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether it is open, or about to be."""
        return self.state in (ClientState.CONNECTING, ClientState.CONNECTED)

    # --- opening and closing --------------------------------------------------------------------

    async def find_peer(self, run: Run, *, patience: float | None) -> None:
        """Resolve its name. Raises `ResolveError`, with `patience` after that many seconds."""
        began = run.hardware.clock.now()
        try:
            async with asyncio.timeout(patience):
                self.address = await run.find(Names).resolve(self.host)
        except (ResolveError, TimeoutError) as error:
            if patience is None:
                raise
            await run.hardware.pause(max(0.0, began + patience - run.hardware.clock.now()))
            raise ResolveError(str(error) or f"no answer about {self.host!r}") from error

    async def open(self, run: Run, options: SocketOptions, *, secure: bool) -> None:
        """Connect, and shake hands if `secure`. Raises `NetworkError`."""
        hardware, slot = run.hardware, self.slot
        assert slot is not None
        if self.kind == "UDP":
            udp = await hardware.network.open_udp(self.address, self.port, options)
            self._stream = slot.carries(udp)
            slot.opened()
            return
        stream = slot.carries(await hardware.connect(self.address, self.port, options))
        self._was_tcp = True
        if secure:
            try:
                stream = await run.find(Ssl).secure(self.number, stream, self.host)
            except BaseException:
                stream.close()
                raise
            self.secure = True
        self._stream = stream
        slot.opened(tls=secure)

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

    async def send(
        self, clock: Clock, data: bytes, *, confirmed: bool = False, counted: bool = True
    ) -> bool:
        """Send one packet; False when that failed, which also ends the link.

        `confirmed`: return when the peer has confirmed everything. `counted`: AT+CIPACK counts
        it.
        """
        assert self._stream is not None
        try:
            async with asyncio.timeout(SEND_TIME):
                # A heartbeat may want to go out at the same moment.
                async with self._sending:
                    await self._stream.write(data)
                self.sent += len(data) if counted else 0
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

    async def carry(self, incoming: Incoming) -> None:
        """Receive until the peer closes; returns when the host has got what is not held for it.

        Raises `LinkBroken`.
        """
        reader = asyncio.ensure_future(self._receive(incoming))
        giver = asyncio.ensure_future(self._give(incoming, reader))
        try:
            await giver
            await reader
        finally:
            reader.cancel()
            giver.cancel()
            await asyncio.gather(reader, giver, return_exceptions=True)

    async def _receive(self, incoming: Incoming) -> None:
        assert self._stream is not None
        try:
            while True:
                while (room := self._room(incoming)) <= 0:
                    if self._broken is not None:
                        raise self._broken
                    self._taken.clear()
                    await self._taken.wait()
                packet = await self._stream.read(min(PACKET, room))
                if not packet:
                    return
                self._packets.append(packet)
                self.waiting += len(packet)
                incoming.arrived(self)
                self._news.set()
        except StreamError as error:
            raise self._broken or self._as_broken(error) from error
        finally:
            self._news.set()

    def _room(self, incoming: Incoming) -> int:
        """Bytes that may be read now: one packet at a time where they pass right through."""
        if incoming.holds():
            return WINDOW - self.waiting
        return 0 if self._packets or self._giving else PACKET

    async def _give(self, incoming: Incoming, reader: asyncio.Future[None]) -> None:
        while not reader.done() or (self._packets and not incoming.fetchable()):
            if not self._packets or incoming.holds():
                self._news.clear()
                await self._news.wait()
                continue
            self._giving = True
            packet = self._packets.popleft()
            self.waiting -= len(packet)
            await incoming.deliver(self, packet)
            self._giving = False
            self._taken.set()

    def forget(self) -> None:
        """Nothing that was received can be fetched any more."""
        self.readable = False
        self._packets.clear()
        self.waiting = 0

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
