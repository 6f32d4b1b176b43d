"""Chance from a seed: the same seed gives the same numbers, on every computer."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: How the value of one key is thrown.
    Throw = Callable[["Dice"], Any]

T = TypeVar("T")


class Dice:
    """Numbers from a seed; those of another `name` have nothing to do with them."""

    def __init__(self, seed: int, name: str = "") -> None:
        self._seed = f"{seed} {name} " if name else f"{seed} "
        self._throws = 0

    def fraction(self) -> float:
        """From 0 up to 1."""
        self._throws += 1
        digest = hashlib.sha256(f"{self._seed}{self._throws}".encode()).digest()
        return int.from_bytes(digest[:7], "big") / (1 << 56)

    def whole(self, low: int, high: int) -> int:
        """`low` to `high`, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def magnitude(self, low: float, high: float) -> float:
        """`low` (above 0) to `high`, small ones as often as large ones; three digits."""
        exponent = math.log(low) + self.fraction() * math.log(high / low)
        return float(f"{math.exp(exponent):.3g}")

    def choice(self, among: Sequence[T]) -> T:
        """One of them."""
        return among[self.whole(0, len(among) - 1)]


def among(*values: object) -> Throw:
    """One of `values`; a throw among them is thrown."""

    def throw(dice: Dice) -> object:
        value = dice.choice(values)
        return value(dice) if callable(value) else value

    return throw


def magnitude(low: float, high: float) -> Throw:
    """See `Dice.magnitude`."""
    return lambda dice: dice.magnitude(low, high)


def size(low: int, high: int) -> Throw:
    """A whole number, small ones as often as large ones."""
    return lambda dice: int(dice.magnitude(low, high))
