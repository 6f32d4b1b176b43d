"""The Clock interface, and the one that follows the running event loop."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer(Protocol):
    """A scheduled call that can be taken back."""

    def cancel(self) -> None:
        """Take the call back; harmless when it has run already."""


class Clock(Protocol):
    """Now, later, and the date. Seconds everywhere."""

    def now(self) -> float:
        """Monotonic seconds; only differences mean anything."""

    def wall(self) -> float:
        """UTC seconds since 1970, as the mobile network would give it."""

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less only lets others run."""

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call back once, `seconds` from now, unless cancelled."""

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        """The same when `now` will be `when`: at exactly that time where time is virtual."""


def goes_on(clock: Clock) -> bool:
    """Whether its time goes on by itself, and not only when nothing is left to be done."""
    return clock.now is time.monotonic


class LoopClock:
    """The running loop's clock.

    On `VirtualLoop` this is virtual time, and so is `asyncio.timeout`: code that takes
    its time only from here needs no second version for tests.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        # It is asked several times for each command: of most loops without two calls between.
        if getattr(self._loop.time, "__func__", None) is asyncio.BaseEventLoop.time:
            self.now = time.monotonic  # type: ignore[method-assign]

    def now(self) -> float:
        return self._loop.time()

    def wall(self) -> float:
        """A virtual loop brings its own date along."""
        wall: Callable[[], float] = getattr(self._loop, "wall", time.time)
        return wall()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return self._loop.call_later(seconds, call)

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        return self._loop.call_at(when, call)
