"""An event loop whose clock jumps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

#: 2024-08-23 06:52:50 UTC: the date of the log with the boot texts (docs/spec/uart.md §8).
START_OF_TIME = 1_724_395_970.0


#: Turns between looks of the selector at what wakes it without notice: a signal.
_LOOK_EVERY = 64


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: when nothing is readable it moves the loop's clock instead.

    A look at the kernel is what a turn of the loop would cost most, and with nothing but the loop's
    own wake-up registered it is needed after `woken` only.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.woken = False
        self._turns = 0
        #: When the next timer of the loop is due.
        self.next_timer: Callable[[], float]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._turns += 1
        if self.woken or len(self.get_map()) > 1 or self._turns % _LOOK_EVERY == 0:
            self.woken = False
            ready = super().select(0)
            if ready:
                return ready
        if timeout is None:
            # No timer at all: only a file descriptor (a thread's wake-up) can go on.
            return super().select(None)
        if timeout:
            # Not `now + timeout`, whose last bit depends on how many jumps there were.
            due = self.next_timer()
            self.now = due if due - self.now <= timeout else self.now + timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Hours of line time in seconds, and the same order of events at every run.

    For programs whose whole world is in this process (memory ports, simulated network):
    a real socket's answer would arrive after the clock has already jumped past the deadline.
    """

    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, wall: float = START_OF_TIME) -> None:
        self._jumping = _JumpingSelector()
        self._wall = wall
        super().__init__(self._jumping)
        self._jumping.next_timer = lambda: self._scheduled[0].when()
        # Timers that fall within one tick run together; a virtual clock needs no slack.
        self._clock_resolution = 1e-9

    def _write_to_self(self) -> None:
        super()._write_to_self()  # type: ignore[misc]
        self._jumping.woken = True

    def time(self) -> float:
        """Virtual seconds since this loop was made."""
        return self._jumping.now

    def wall(self) -> float:
        """UTC seconds since 1970 that go with `time`."""
        return self._wall + self._jumping.now


def run_virtual(main: Coroutine[Any, Any, T], *, wall: float = START_OF_TIME) -> T:
    """`asyncio.run` on a virtual clock."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(wall)) as runner:
        return runner.run(main)
