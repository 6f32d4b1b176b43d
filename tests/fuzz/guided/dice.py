"""Dice whose numbers are bytes that somebody gives: a fuzzer that mutates these steers each choice.

Numbers are taken from the end of the bytes, texts from their begin, so that what is put into a text
moves no number. When the bytes are used up it goes on as a seed of them says.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes at the end that no text takes: numbers for what is done with it.
NUMBERS = 12
#: Of these the last ones say how it goes on after the end.
_SEED = 2
#: Between two texts.
CUT = b"\n~~~~\n"


class GivenDice(Random):
    """The same choices for the same bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._data = data
        #: What is left is between these two.
        self._begin, self._end = 0, max(0, len(data) - _SEED)
        self._later = Random(data[self._end :])

    def getrandbits(self, k: int, /) -> int:
        size = (k + 7) // 8
        end, self._end = self._end, max(self._begin, self._end - size)
        given = self._data[self._end : end]
        return (
            int.from_bytes(given + self._later.randbytes(size - len(given)), "big") & (1 << k) - 1
        )

    def random(self) -> float:
        return self.getrandbits(16) / 65536

    def randbytes(self, n: int) -> bytes:
        given = self._data[self._begin : min(self._begin + n, self._end)]
        self._begin += len(given)
        return given + self._later.randbytes(n - len(given))

    def _randbelow(self, n: int) -> int:
        # Without the retries of `Random`, for which one more byte would move all that follow.
        return self.getrandbits(-(-(n - 1).bit_length() // 8) * 8) % n if n > 1 else 0

    def text(self) -> bytes:
        """All up to the next `CUT`, or up to the numbers; empty when there is no more."""
        end = max(self._begin, min(self._end, len(self._data) - NUMBERS))
        given, cut, _ = self._data[self._begin : end].partition(CUT)
        self._begin += len(given) + len(cut)
        return given


def text(dice: Random, make: Callable[[Random], bytes]) -> bytes:
    """A text as the fuzzer gives it, while it does; else one that `make` makes."""
    return (dice.text() if isinstance(dice, GivenDice) else b"") or make(dice)
