"""The runner of the fuzzers: what counts as a find, and that a find can be repeated."""

from __future__ import annotations

import asyncio
import logging
import re
from random import Random

import pytest

from fuzz.runner import Find, fuzz


def test_attempts_go_on_until_the_time_is_over() -> None:
    seen: list[float] = []
    made = fuzz(lambda dice: seen.append(dice.random()), seconds=0.05, seed=1)
    assert made == len(seen) == len(set(seen))
    assert made > 10


def test_a_find_repeats_alone() -> None:
    def attempt(dice: Random) -> None:
        assert dice.random() < 0.9, "too much"

    with pytest.raises(Find, match="AssertionError: too much") as found:
        fuzz(attempt, seconds=60, seed=7)
    repeat = re.search(
        r"python -m tests\.fuzz\.test_runner --seed 7 --only (\d+)", str(found.value)
    )
    assert repeat is not None
    with pytest.raises(Find):
        fuzz(attempt, seconds=0, seed=7, only=int(repeat[1]))
    assert fuzz(attempt, seconds=0, seed=7, only=int(repeat[1]) - 1) == 1


def spin(_: Random) -> None:
    while True:
        pass


def spin_in_a_loop(_: Random) -> None:
    async def main() -> None:
        await asyncio.create_task(asyncio.to_thread(int))
        asyncio.get_running_loop().call_soon(spin, Random())
        await asyncio.sleep(3600)

    asyncio.run(main())


@pytest.mark.parametrize("attempt", [spin, spin_in_a_loop])
def test_an_attempt_that_spins_is_a_find(attempt: object) -> None:
    assert callable(attempt)
    with pytest.raises(Find, match=r"more than 0\.05 s of processor time"):
        fuzz(attempt, seconds=60, seed=1, longest=0.05)


def test_an_error_that_is_logged_is_a_find() -> None:
    def attempt(_: Random) -> None:
        logging.getLogger("atwin.twin").error("a task failed")

    with pytest.raises(Find, match="logged: a task failed"):
        fuzz(attempt, seconds=60, seed=1)
