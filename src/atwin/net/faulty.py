"""A network with something wrong on the way: laid around any other `Network`.

A `Trouble` begins and ends while everything runs. It meets the connections that are open, and
those opened while it lasts; with a `count`, so many of them in all, each for its whole life.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atwin.net.network import PLAIN, Confirming, ConnectError, ResolveError, StreamError
from atwin.net.troubles import Ended, NoName, Refused, Slow, Stalled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from atwin.clock import Clock
    from atwin.net.network import Network, Pong, SocketOptions, Stream
    from atwin.net.troubles import Trouble

#: What a slow connection hands over at once: this many seconds' worth, and so many bytes at most.
_STEP, _GROUP = 0.1, 14_600


@dataclass(slots=True, eq=False)
class _Case:
    """A trouble at work."""

    trouble: Trouble
    left: int | None
    hit: Callable[[], None]
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def open(self) -> bool:
        """Whether it takes another connection."""
        return not self.ended.is_set() and self.left != 0

    def take(self) -> None:
        if self.left is not None:
            self.left -= 1
        self.hit()


class FaultyNetwork:
    """`inner` with the troubles of the moment. The same `seed` gives the same jitter."""

    def __init__(self, inner: Network, clock: Clock, *, seed: int = 0) -> None:
        self.inner = inner
        #: Called before each connection.
        self.on_connect: Callable[[], None] = lambda: None
        self._clock = clock
        self._random = random.Random(seed)
        self._cases: list[_Case] = []
        self._open: list[_FaultyStream] = []
        self._names: dict[str, str] = {}

    def begin(
        self, trouble: Trouble, count: int | None = None, hit: Callable[[], None] = lambda: None
    ) -> Callable[[], None]:
        """From now on `trouble`, for `count` connections or look-ups, or without a count.

        `hit` is called for each of them. Returns what ends it; connections it met with a count
        keep it.
        """
        case = _Case(trouble, count, hit)
        self._cases.append(case)
        for stream in self._open:
            self._meet(case, stream)

        def end() -> None:
            if case in self._cases:
                self._cases.remove(case)
            if count is None:
                case.ended.set()

        return end

    async def resolve(self, host: str) -> str:
        """See `Network.resolve`."""
        case = self._find(NoName, host)
        if case is not None:
            if isinstance(case.trouble, NoName) and case.trouble.silent:
                await case.ended.wait()
            else:
                raise ResolveError(f"no address for {host!r}: a fault")
        address = await self.inner.resolve(host)
        self._names[address] = host.lower()
        return address

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        """See `Network.connect`."""
        self.on_connect()
        case = self._find(Refused, address)
        if case is not None:
            if isinstance(case.trouble, Refused) and case.trouble.silent:
                await case.ended.wait()
            else:
                raise ConnectError(f"connection to {address}:{port} refused: a fault")
        inner = await self.inner.connect(address, port, options)
        stream = _FaultyStream(address, inner, self._clock, self._random, self._gone)
        self._open.append(stream)
        for case in tuple(self._cases):
            self._meet(case, stream)
        try:
            await stream.travel()
        except BaseException:
            stream.close()
            raise
        return stream

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        """See `Network.ping`; no trouble of ours touches it."""
        return await self.inner.ping(address, size, ttl)

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        """See `Network.open_udp`; troubles are of connections."""
        return await self.inner.open_udp(address, port, options)

    def _meet(self, case: _Case, stream: _FaultyStream) -> None:
        if self._meets(case, stream.address) and not isinstance(case.trouble, NoName | Refused):
            case.take()
            stream.suffer(case)

    def _gone(self, stream: _FaultyStream) -> None:
        if stream in self._open:
            self._open.remove(stream)

    def _meets(self, case: _Case, where: str) -> bool:
        host = case.trouble.host
        names = (where.lower(), self._names.get(where))
        return case.open and (host is None or host.lower() in names)

    def _find(self, kind: type[Trouble], where: str) -> _Case | None:
        for case in tuple(self._cases):
            if isinstance(case.trouble, kind) and self._meets(case, where):
                case.take()
                return case
        return None


class _FaultyStream:
    """A connection, as far as its troubles let it through."""

    def __init__(
        self,
        address: str,
        inner: Stream,
        clock: Clock,
        dice: random.Random,
        gone: Callable[[_FaultyStream], None],
    ) -> None:
        self.address = address
        self.inner = inner
        self._held = b""  # came, and may not be told yet
        self._clock = clock
        self._random = dice
        self._gone = gone
        self._received = 0
        self._reading = False  # and nothing has come yet
        self._asked = False  # something was written since the last byte came
        #: Each with the number of received bytes at which it begins to count.
        self._cases: list[tuple[_Case, int]] = []
        self._news = asyncio.Event()

    @property
    def unacknowledged(self) -> int:
        """See `Confirming.unacknowledged`; 0 behind a network that does not know."""
        return self.inner.unacknowledged if isinstance(self.inner, Confirming) else 0

    def suffer(self, case: _Case) -> None:
        self._cases.append((case, self._received))
        self._news.set()
        if self._reading and self._end() is not None:
            self.inner.close()  # which wakes the reader

    async def read(self, limit: int) -> bytes:
        """See `Stream.read`."""
        while True:
            room = self._room(limit)
            if room == 0 and (end := self._end()) is not None:
                return self._finish(end)
            if room == 0:
                await self._stalled()
            elif self._held:
                # Taken only behind the wait, so that a reader that gives up loses nothing.
                await self._pace(min(room, len(self._held)))
                data, self._held = self._held[:room], self._held[room:]
                self._received += len(data)
                return data
            elif not await self._fill(room):
                return b""

    async def _fill(self, room: int) -> bool:
        """Have some bytes in `_held`, if they may be told or not; False at the end."""
        self._reading = True
        try:
            self._held = await self.inner.read(room)
        except StreamError:
            if self._end() is None:
                raise
            return True  # closed by us, for what came up meanwhile
        finally:
            self._reading = False
        return bool(self._held)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `Stream.write`."""
        self._asked = True
        await self.inner.write(data)
        for slow in self._slow():
            if slow.up_rate:
                await self._clock.sleep(len(data) / slow.up_rate)

    def close(self) -> None:
        """See `Stream.close`."""
        self._gone(self)
        self.inner.close()

    async def travel(self) -> None:
        """The extra time of a trip there and back."""
        for slow in self._slow():
            jitter = self._random.uniform(0, slow.jitter) if slow.jitter else 0.0
            if slow.latency or jitter:
                await self._clock.sleep(2 * slow.latency + jitter)

    def _finish(self, end: Ended) -> bytes:
        self.inner.close()
        self._held = b""
        if end.reset:
            raise StreamError("the connection broke: reset by the other end")
        return b""

    def _room(self, limit: int) -> int:
        """How many of `limit` bytes may come now."""
        for trouble, base in self._troubles():
            match trouble:
                case Ended(after=after) | Stalled(after=after):
                    limit = min(limit, max(0, base + after - self._received))
                case Slow(rate=rate) if rate is not None:
                    limit = min(limit, max(1, int(rate * _STEP)))
                case Slow():
                    limit = min(limit, _GROUP)
        return limit

    def _end(self) -> Ended | None:
        for trouble, base in self._troubles():
            if isinstance(trouble, Ended) and self._received >= base + trouble.after:
                return trouble
        return None

    async def _stalled(self) -> None:
        """Until a stall is over, or something else happens to the connection."""
        self._news.clear()
        waits = [asyncio.ensure_future(self._news.wait())]
        waits += [
            asyncio.ensure_future(case.ended.wait())
            for case, _ in self._cases
            if not case.ended.is_set()
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _pace(self, size: int) -> None:
        if self._asked:
            self._asked = False
            await self.travel()
        for slow in self._slow():
            pause = size / slow.rate if slow.rate else 0.0
            if slow.jitter:
                pause += self._random.uniform(0, slow.jitter)
            if pause:
                await self._clock.sleep(pause)

    def _slow(self) -> list[Slow]:
        return [trouble for trouble, _ in self._troubles() if isinstance(trouble, Slow)]

    def _troubles(self) -> Iterator[tuple[Trouble, int]]:
        for case, base in self._cases:
            if not case.ended.is_set():
                yield case.trouble, base
