"""What a receiver makes of bytes sent at another rate (spec: uart.md §5)."""

from __future__ import annotations

import random


class Noise:
    """The same seed gives the same noise."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def of(self, data: bytes, sent: int, received: int) -> bytes:
        """`data` sent at one rate and received at another, both in bit/s.

        A faster receiver sees more bytes, a slower one fewer; none of them is a letter.
        """
        count = max(1, len(data) * received // sent)
        return bytes(
            self._random.choice((0x00, 0xFF, self._random.randint(0x80, 0xFE)))
            for _ in range(count)
        )
