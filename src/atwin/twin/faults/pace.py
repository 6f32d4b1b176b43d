"""When bytes come over a slow way: at its rate, each piece a little late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.twin.faults.dice import Dice
    from atwin.twin.faults.kinds.network import Shape

#: What a slow connection hands over at once: this many seconds' worth, and so many bytes at most.
_STEP, _GROUP = 0.1, 14_600


def piece(way: Shape) -> int:
    """The bytes that come together."""
    return _GROUP if way.rate is None else max(1, int(way.rate * _STEP))


class Pace:
    """One way's timetable since the second `began`.

    Pieces leave at the rate and arrive up to `jitter` later, in order. A late one does not hold
    up those behind it: jitter varies the latency and leaves the rate alone.
    """

    def __init__(self, way: Shape, dice: Dice, began: float) -> None:
        self._way = way
        self._dice = dice
        self._left_at = began

    def due(self, size: int, now: float) -> float:
        """When the next `size` bytes arrive; `now` is when they are asked for."""
        way = self._way
        # What the last piece was late by is no time lost; a reader's own pause is.
        self._left_at = max(self._left_at, now - way.jitter)
        if way.rate:
            self._left_at += size / way.rate
        return self._left_at + (way.jitter * self._dice.fraction() if way.jitter else 0.0)
