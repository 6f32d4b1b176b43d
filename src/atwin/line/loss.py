"""Bytes that vanish on the way to the host, whatever its receiver could take."""

from __future__ import annotations

import random


class Loss:
    """`burst` bytes in a row are lost after the next `after`, and again about every `every` bytes.

    With `every` 0 it is one burst. The same seed loses the same bytes.
    """

    def __init__(self, burst: int, after: int = 0, every: int = 0, seed: int = 0) -> None:
        self._burst = burst
        self._every = every
        self._random = random.Random(seed)
        #: Bytes that still pass, then bytes that are still lost; no more pass once it is over.
        self._passing, self._losing = after, burst

    @property
    def over(self) -> bool:
        """Whether nothing will be lost any more."""
        return self._losing == 0

    def of(self, data: bytes) -> bytes:
        """What is left of `data`."""
        if len(data) <= self._passing:
            self._passing -= len(data)
            return data
        kept = bytearray()
        while data and not self.over:
            kept += data[: self._passing]
            data = data[self._passing :]
            gone = min(self._losing, len(data))
            self._passing, self._losing = 0, self._losing - gone
            data = data[gone:]
            if self._losing == 0 and self._every:
                # Exponential gaps: the next loss does not know of the last one.
                self._passing = 1 + int(self._random.expovariate(1 / self._every))
                self._losing = self._burst
                if len(data) <= self._passing:
                    self._passing -= len(data)
                    break
        return bytes(kept + data)
