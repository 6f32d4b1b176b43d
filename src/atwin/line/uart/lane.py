"""One direction of a serial line: bytes arrive when their last bit would (docs/spec/uart.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.clock import Clock
    from atwin.clock.base import Timer

#: Bytes a transmitter still sends after it was told to stop: its FIFO (docs/spec/uart.md §7).
FIFO = 16

#: Seconds of line time handed over at once at most. Stops, rate changes and ends of answers are
#: exact all the same; only a reader that counts bytes in between could tell.
_SLICE = 0.01
#: The same where the reader has said that it can use bytes only together.
_LONG_SLICE = 0.5
#: Bytes handed over at once when nothing asks for fewer.
UNLIMITED = 1 << 30
#: Bytes handed over at once when each piece has to be taken before the next one goes, unless the
#: port says more.
_PIECE = 4096
#: Part of a byte by which a timer may come early.
_EARLY = 1e-3


class Lane:
    """A queue that empties at line rate into `deliver`.

    Deadlines count from the start of each busy period, so that late timers do not add up: after
    a late one, what should have arrived meanwhile arrives at once. `largest` bounds one delivery
    in bytes. With `byte_time` 0 a byte takes no time, and everything goes at once; unless there is
    `room`, which then is awaited after each piece, so that a stop can still come in between.
    """

    def __init__(self, clock: Clock, deliver: Callable[[bytes], None]) -> None:
        self.largest = UNLIMITED
        #: The same where there is `room`.
        self.piece = _PIECE
        #: Whether bytes are handed over from a timer of its own, and nothing else is under way.
        self.is_due = False
        self.room: Callable[[], Awaitable[None]] | None = None
        self._walk: asyncio.Task[None] | None = None  # from piece to piece
        self._clock = clock
        self._deliver = deliver
        self._queue = bytearray()
        self._byte_time = 0.0
        self._begun: float | None = None  # when the first byte of this busy period began
        self._arrived = 0  # bytes of this busy period
        self._free_at = 0.0  # the end of the busy period before
        self._timer: Timer | None = None
        self._allowed: int | None = None  # bytes that may still leave; None while not held
        self._delivering = False
        self._total = 0
        self._together = 0  # bytes the reader can use only together
        self._marks: list[tuple[int, Callable[[], object]]] = []
        self._empty: asyncio.Event | None = None  # for whoever drains

    @property
    def pending(self) -> int:
        """Bytes put that have not arrived."""
        return len(self._queue) - self._underway()

    @property
    def total(self) -> int:
        """Bytes that have arrived since it was made."""
        return self._total + self._underway()

    def together(self, count: int) -> None:
        """The reader can use the next `count` bytes only together: hand them over so, or in slices
        of 0.5 s. With fewer than it said before, what has arrived by now is handed over.
        """
        before, self._together = self._together, count
        if count < before:
            self.settle()
        elif count > before and self._timer is not None:
            self._stop_timer()
            self._wait()

    @property
    def held(self) -> bool:
        """Whether the line was told to stop."""
        return self._allowed is not None

    @property
    def byte_time(self) -> float:
        """Seconds one byte takes, start and stop bits included."""
        return self._byte_time

    @byte_time.setter
    def byte_time(self, seconds: float) -> None:
        if seconds == self._byte_time:
            return
        self.settle()
        self._stop_timer()
        self._end_period()
        self._byte_time = seconds
        self._advance()

    def put(self, data: bytes | bytearray | memoryview) -> bool:
        """Send `data` after what is under way; whether it has arrived already."""
        if (
            not self._queue
            and self._byte_time == 0
            and self._allowed is None
            and not self._delivering
            and self._walk is None
            and len(data) <= (self.largest if self.room is None else min(self.largest, self.piece))
        ):
            self._total += len(data)
            self._deliver(bytes(data))
            return True
        self._queue += data
        self._advance()
        return not self._queue

    def put_first(self, data: bytes) -> None:
        """Send `data` before everything that waits, even while held: XON and XOFF."""
        self.settle()
        self._marks = [(at + len(data), call) for at, call in self._marks]
        if self.held or not self._queue:
            self._total += len(data)
            self._deliver(data)
        else:
            self._stop_timer()
            self._queue[:0] = data
            # A mark of its own, or it would arrive at the end of a slice.
            self._marks.insert(0, (self._total + len(data), lambda: None))
            self._advance()

    def hold(self) -> None:
        """Stop, after at most what is in the transmitter's FIFO; nothing is lost."""
        if self._allowed is None:
            self.settle()
            self._stop_timer()
            self._allowed = min(FIFO, len(self._queue)) if self._byte_time else 0
            self._advance()

    def release(self) -> None:
        """Go on."""
        if self._allowed is not None:
            self._allowed = None
            self._advance()

    def settle(self) -> None:
        """Deliver what has arrived by now but waits for the end of its slice."""
        if self._timer is not None:
            self._stop_timer()
            self._advance()

    def after(self, call: Callable[[], object]) -> None:
        """Call when everything put so far has arrived, however long the line is held."""
        if self._queue:
            self._marks.append((self._total + len(self._queue), call))
        else:
            call()

    def call_off(self) -> None:
        """Forget the calls `after` has been given."""
        self._marks.clear()

    def clear(self) -> None:
        """Forget what has not arrived, as a transmitter without power does."""
        self.settle()
        self._stop_timer()
        self._end_period()
        self._queue.clear()
        self._marks.clear()
        self._tell_empty()

    async def drain(self) -> None:
        """Return when everything has arrived."""
        if self._queue:
            self._empty = self._empty or asyncio.Event()
            await self._empty.wait()

    def _advance(self) -> None:
        """Deliver what has arrived, and wait for what comes next."""
        if self._delivering or self._timer is not None or self._walk is not None:
            return
        self._delivering = True
        # Read once: what comes while others are handed their bytes waits for its own slice.
        now = self._clock.now()
        try:
            while count := self._may_leave():
                if self._byte_time == 0:
                    if self.room is not None:
                        self._walk = asyncio.get_running_loop().create_task(self._piecewise())
                        return
                    self._leave(count)
                    continue
                if self._begun is None:
                    now = self._clock.now()
                    self._begun, self._arrived = max(now, self._free_at), 0
                done = self._done(now)
                if done > 0:
                    self._leave(min(done, count))
                    continue
                self._wait()
                return
            self._end_period()
        finally:
            self._delivering = False

    def _wait(self) -> None:
        """For the end of the next slice."""
        assert self._begun is not None
        count = min(self._may_leave(), self._slice())
        due = self._begun + (self._arrived + count) * self._byte_time
        self._timer = self._clock.call_at(due, self._due)

    async def _piecewise(self) -> None:
        try:
            # What leaves may be the command that changes the line.
            while self._byte_time == 0 and (room := self.room) and (count := self._may_leave()):
                self._leave(min(count, self.piece))
                await room()
                await asyncio.sleep(0)
        finally:
            self._walk = None
        self._advance()

    def _due(self) -> None:
        self._timer = None
        self.is_due = True
        try:
            self._advance()
        finally:
            self.is_due = False

    def _done(self, now: float) -> int:
        """Bytes of this busy period that have arrived and were not handed over."""
        assert self._begun is not None
        return int((now - self._begun) / self._byte_time + _EARLY) - self._arrived

    def _underway(self) -> int:
        """The same of the slice that a timer waits for."""
        if self._timer is None:
            return 0
        return max(0, min(self._done(self._clock.now()), self._may_leave()))

    def _slice(self) -> int:
        """Bytes that may wait for each other."""
        short = max(1, int(_SLICE / self._byte_time))
        if self._together <= short:
            return short
        return max(short, min(self._together, int(_LONG_SLICE / self._byte_time)))

    def _may_leave(self) -> int:
        count = min(len(self._queue), self.largest)
        if self._marks:
            count = min(count, self._marks[0][0] - self._total)
        return count if self._allowed is None else min(count, self._allowed)

    def _leave(self, count: int) -> None:
        with memoryview(self._queue) as queue:
            data = bytes(queue[:count])
        del self._queue[:count]
        self._arrived += count
        self._total += count
        self._together = max(0, self._together - count)
        if self._allowed is not None:
            self._allowed -= count
        if not self._queue:
            self._tell_empty()
        self._deliver(data)
        while self._marks and self._marks[0][0] <= self._total:
            self._marks.pop(0)[1]()

    def _tell_empty(self) -> None:
        if self._empty is not None:
            self._empty.set()
            self._empty = None

    def _end_period(self) -> None:
        if self._begun is not None:
            self._free_at = self._begun + self._arrived * self._byte_time
            self._begun = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
