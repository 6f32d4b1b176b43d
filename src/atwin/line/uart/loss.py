"""Bytes that vanish on the way to the host, whatever its receiver could take."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Loss:
    """`burst` bytes in a row are lost after the next `after`, and again about every `every` bytes.

    With `every` 0 it is one burst. The same seed loses the same bytes. `lost` is called after
    each burst.
    """

    def __init__(
        self,
        burst: int,
        after: int = 0,
        every: int = 0,
        seed: int = 0,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._burst = burst
        self._every = every
        self._lost = lost
        self._random = random.Random(seed)
        self._over = False
        #: Bytes that still pass, and those that are lost after them.
        self._passing, self._losing = after, burst

    def stop(self) -> None:
        """Lose nothing any more."""
        self._over = True

    def of(self, data: bytes) -> bytes:
        """What is left of `data`."""
        kept = b""
        while data and not self._over:
            if len(data) <= self._passing:
                self._passing -= len(data)
                break
            kept += data[: self._passing]
            gone = min(self._losing, len(data) - self._passing)
            data = data[self._passing + gone :]
            self._passing, self._losing = 0, self._losing - gone
            if self._losing == 0:
                self._next()
        return kept + data

    def _next(self) -> None:
        if self._every:
            # Exponential gaps: the next loss does not know of the last one.
            self._passing = 1 + int(self._random.expovariate(1 / self._every))
            self._losing = self._burst
        else:
            self._over = True
        self._lost()
