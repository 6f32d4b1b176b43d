"""An event loop whose clock jumps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

#: 2024-08-23 06:52:50 UTC: the date of the log with the boot texts (docs/spec/uart.md §8).
START_OF_TIME = 1_724_395_970.0


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: when nothing is readable it moves the loop's clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            # No timer at all: only a file descriptor (a thread's wake-up) can go on.
            return super().select(None)
        self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Hours of line time in seconds, and the same order of events at every run.

    For programs whose whole world is in this process (memory ports, simulated network):
    a real socket's answer would arrive after the clock has already jumped past the deadline.
    """

    def __init__(self, wall: float = START_OF_TIME) -> None:
        self._jumping = _JumpingSelector()
        self._wall = wall
        super().__init__(self._jumping)
        # Timers that fall within one tick run together; a virtual clock needs no slack.
        self._clock_resolution = 1e-9

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
