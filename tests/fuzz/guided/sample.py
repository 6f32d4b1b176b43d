"""A fuzzer with something to find, which chance alone seldom does: for the tests of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzz.runner import main

if TYPE_CHECKING:
    from random import Random


def attempt(dice: Random) -> None:
    """Wrong for one of 65,536 inputs."""
    first, second = dice.randrange(256), dice.randrange(256)
    if first == 0x41 and second == 0x54:
        raise AssertionError("it was said")


if __name__ == "__main__":
    main(attempt)
