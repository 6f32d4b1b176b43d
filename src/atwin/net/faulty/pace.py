"""When bytes come over a slow way: at its rate, each piece a little late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from atwin.net.troubles import Slow

#: What a slow connection hands over at once: this many seconds' worth, and so many bytes at most.
_STEP, _GROUP = 0.1, 14_600


def piece(slow: Slow) -> int:
    """The bytes that come together."""
    return _GROUP if slow.rate is None else max(1, int(slow.rate * _STEP))


class Pace:
    """One way's timetable since the second `began`.

    Pieces leave at the rate and arrive up to `jitter` later, in order. A late one does not hold
    up those behind it: jitter varies the latency and leaves the rate alone.
    """

    def __init__(self, slow: Slow, dice: random.Random, began: float) -> None:
        self._slow = slow
        self._dice = dice
        self._left_at = began

    def due(self, size: int, now: float) -> float:
        """When the next `size` bytes arrive; `now` is when they are asked for."""
        slow = self._slow
        # What the last piece was late by is no time lost; a reader's own pause is.
        self._left_at = max(self._left_at, now - slow.jitter)
        if slow.rate:
            self._left_at += size / slow.rate
        return self._left_at + (self._dice.uniform(0, slow.jitter) if slow.jitter else 0.0)
