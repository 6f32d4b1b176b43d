"""One connection with faults: what arrives over it, and when, if it is slow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.net.network import StreamError
from atwin.net.wrapper import StreamWrapper
from atwin.twin.faults.kinds.network import Cut, Slow, Stall, Truncate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from atwin.clock import Clock
    from atwin.net.network import Stream
    from atwin.twin.faults.case import Case
    from atwin.twin.faults.dice import Dice
    from atwin.twin.faults.engine import Faults
    from atwin.twin.faults.fault import Fault
    from atwin.twin.faults.kinds.network import Slowness


#: What a slow connection hands over at once: this many seconds' worth, and this many bytes at most.
_STEP, _GROUP = 0.1, 14_600

_END_OF_HEAD = b"\r\n\r\n"


def piece(way: Slowness) -> int:
    """The bytes that come together."""
    return _GROUP if way.rate is None else max(1, int(way.rate * _STEP))


class Pace:
    """One way's timetable since the second `began`.

    Pieces leave at the rate and arrive up to `jitter` later, in order. A late one does not hold
    up those after it: jitter varies the latency and leaves the rate alone.
    """

    def __init__(self, way: Slowness, dice: Dice, began: float) -> None:
        self._way = way
        self._dice = dice
        self._left_at = began

    def due(self, size: int, now: float) -> float:
        """When the next `size` bytes arrive; `now` is when they are asked for."""
        way = self._way
        # What the last piece was late by is not lost time; a reader's own pause is.
        self._left_at = max(self._left_at, now - way.jitter)
        if way.rate:
            self._left_at += size / way.rate
        return self._left_at + (way.jitter * self._dice.fraction() if way.jitter else 0.0)


class FaultyStream(StreamWrapper):
    """A connection, as far as its faults let it through."""

    def __init__(
        self,
        address: str,
        inner: Stream,
        clock: Clock,
        dice: Dice,
        gone: Callable[[FaultyStream], None],
    ) -> None:
        super().__init__(inner)
        self.address = address
        self._held = b""  # came, and may not be passed on yet
        self._clock = clock
        self._dice = dice
        self._gone = gone
        self._received = 0
        self._reading = False  # and nothing has come yet
        self._asked = False  # something was written since the last byte came
        #: Each with the number of received bytes at which it begins to count.
        self._cases: list[tuple[Case, int]] = []
        self._paces: dict[Slowness, Pace] = {}
        #: When the bytes in `_held` are due; None while that is not known.
        self._due: float | None = None
        self._news = asyncio.Event()

    def suffer(self, case: Case) -> None:
        """From now on the fault of `case` is one of this connection."""
        self._cases.append((case, self._received))
        self._news.set()
        if self._reading and self._end() is not None:
            self.inner.close()  # which wakes the reader

    async def read(self, limit: int) -> bytes:
        while True:
            room = self._room(limit)
            if room == 0 and (end := self._end()) is not None:
                return self._finish(end)
            if room == 0:
                await self._stalled()
            elif self._held:
                # Taken only after the wait, so that a reader that gives up loses nothing.
                await self._wait_for(min(room, len(self._held)))
                data, self._held = self._held[:room], self._held[room:]
                self._received += len(data)
                self._due = None
                return data
            elif not await self._fill(room):
                return b""

    async def _fill(self, room: int) -> bool:
        """Have some bytes in `_held`, whether they may be passed on or not; False at the end."""
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
        self._asked = True
        await self.inner.write(data)
        for way in self._ways():
            if way.up_rate:
                await self._clock.sleep(len(data) / way.up_rate)

    def close(self) -> None:
        self._gone(self)
        self.inner.close()

    async def travel(self) -> None:
        """The extra time of a trip there and back."""
        for way in self._ways():
            jitter = way.jitter * self._dice.fraction() if way.jitter else 0.0
            if way.latency or jitter:
                await self._clock.sleep(2 * way.latency + jitter)

    def _finish(self, end: Cut) -> bytes:
        self.inner.close()
        self._held = b""
        if isinstance(end, Truncate):
            return b""
        raise StreamError("the connection broke: reset by the other end")

    def _room(self, limit: int) -> int:
        """How many of `limit` bytes may come now."""
        for fault, base in self._faults():
            match fault:
                case Cut(after=after):
                    limit = min(limit, max(0, base + after - self._received))
                case Slow():
                    limit = min(limit, piece(fault.slowness))
        return limit

    def _end(self) -> Cut | None:
        for fault, base in self._faults():
            if (
                isinstance(fault, Cut)
                and not isinstance(fault, Stall)
                and self._received >= base + fault.after
            ):
                return fault
        return None

    async def _stalled(self) -> None:
        """Until a stall is over, or something else happens to the connection."""
        self._news.clear()
        waits = [asyncio.ensure_future(self._news.wait())]
        waits += [
            asyncio.ensure_future(case.lifted.wait())
            for case, _ in self._cases
            if not case.lifted.is_set()
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _wait_for(self, size: int) -> None:
        """Until the next `size` bytes may be passed on: the first after a request travel too."""
        if self._asked:
            self._asked = False
            self._paces.clear()
            await self.travel()
        if self._due is None:
            now = due = self._clock.now()
            for way in self._ways():
                pace = self._paces.setdefault(way, Pace(way, self._dice, now))
                due = max(due, pace.due(size, now))
            self._due = due
        if (left := self._due - self._clock.now()) > 0:
            await self._clock.sleep(left)

    def _ways(self) -> list[Slowness]:
        return [fault.slowness for fault, _ in self._faults() if isinstance(fault, Slow)]

    def _faults(self) -> Iterator[tuple[Fault, int]]:
        for case, base in self._cases:
            if not case.lifted.is_set():
                yield case.fault, base


class BodyCounter(StreamWrapper):
    """Counts the bytes of a response's body as HTTP reads them, and stops where a fault waits.

    `inner` is for one response; a body byte is whatever comes after the head.
    """

    def __init__(self, inner: Stream, faults: Faults) -> None:
        super().__init__(inner)
        self._faults = faults
        self._last = b""  # the last bytes of a head that has not ended
        self._body: int | None = None

    async def read(self, limit: int) -> bytes:
        if self._body is not None and self._faults.reached(self._body):
            await asyncio.sleep(0)
        mark = self._faults.next_mark
        if mark is not None:
            # Byte by byte through the head: where the body begins must not be passed.
            room = 1 if self._body is None else mark - self._body
            limit = min(limit, max(1, room))
        data = await self.inner.read(limit)
        if self._count(data):
            # Whoever is to end this request gets to it, even if the rest has come already.
            await asyncio.sleep(0)
        return data

    def _count(self, data: bytes) -> bool:
        if self._body is None:
            seen = self._last + data
            end = seen.find(_END_OF_HEAD)
            if end < 0:
                self._last = seen[-3:]
                return False
            self._body = len(seen) - end - len(_END_OF_HEAD)
        else:
            self._body += len(data)
        return self._faults.reached(self._body)
