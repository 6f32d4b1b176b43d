"""Lives through hours of the line, counts after each, and says what only grows."""

from __future__ import annotations

import asyncio
import tempfile
import tracemalloc
from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from atwin.clock import run_virtual
from atwin.models import MODELS
from prove.frame import Verdict
from prove.soaking.counts import SHARE, Held
from prove.soaking.life import life
from prove.soaking.work import JobError, hour, idle_hour, one_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Hours of a life that is lived again, to see where the growing things are made, and lines told.
_AGAIN, _LINES = 3, 8
#: Times that all is done in the same run of the module.
_RUNS = 3


@dataclass(eq=False)
class Watch:
    """Remembers the first count after the warm-up, the last, and what grew at each since."""

    #: The number of the count after which everything that fills once is full.
    warm: int = 2
    counts: int = 0
    first: Held | None = None
    last: Held | None = None
    growing: set[str] = field(default_factory=set)
    #: Each size at each count since the first.
    sizes: dict[str, array[int]] = field(default_factory=dict)

    def see(self, held: Held) -> None:
        """One more count."""
        self.counts += 1
        if self.counts < self.warm:
            return
        for name, size in held.sizes.items():
            self.sizes.setdefault(name, array("q")).append(size)
        if self.first is None or self.last is None:
            self.first = held
        else:
            before = self.last.exact
            grown = {name for name, count in held.exact.items() if count > before.get(name, 0)}
            self.growing = grown if self.counts == self.warm + 1 else self.growing & grown
        self.last = held

    @property
    def leaks(self) -> list[str]:
        """What grew each hour, and each size, that has more than its share above the first count.

        A size only if it grew in each third of the time: what is made larger once, in one step,
        is no leak.
        """
        if self.first is None or self.last is None:
            return ["nothing was counted"]
        first, last = self.first, self.last
        # Of many a few come by chance: a form is made when it first occurs, and stays.
        found = [
            f"{name}: {before} -> {last.exact[name]}"
            for name in sorted(self.growing)
            if last.exact[name] > (before := first.exact.get(name, 0)) * (1 + SHARE)
        ]
        return found + [
            f"{name}: {sizes[0]:,} -> {sizes[-1]:,}"
            for name, sizes in self.sizes.items()
            if sizes[-1] > sizes[0] * (1 + SHARE) and _goes_on(sizes)
        ]


def _goes_on(sizes: Sequence[int]) -> bool:
    last = len(sizes) - 1
    marks = [sizes[third * last // 3] for third in range(4)]
    enough = (marks[-1] - marks[0]) / 10
    return all(after - before >= enough for before, after in pairwise(marks))


def soak(seed: int, hours: int, idle: int) -> Verdict:
    """One life of so many hours of work, and after them so many with a URC each minute."""
    model = MODELS[seed % len(MODELS)]
    days, run = Watch(), Watch(warm=1)
    with tempfile.TemporaryDirectory() as name, patch("tempfile.tempdir", name):
        folder = Path(name)
        numbers = dict[str, int]()
        try:
            run_virtual(_live(model, seed, folder, hours, idle, days, run, numbers))
        except JobError as error:
            return Verdict(seed, "job failed", f"{model}: {error}", counts=numbers)
        if leaks := days.leaks or run.leaks:
            told = "; ".join(leaks)
            where = "\n".join(_where(model, seed, folder))
            return Verdict(seed, "grown", f"{model}: {told}"[:400], f"{told}\n{where}", numbers)
        return Verdict(seed, "flat", counts=numbers)


async def _live(
    model: str,
    seed: int,
    folder: Path,
    hours: int,
    idle: int,
    days: Watch,
    run: Watch,
    numbers: dict[str, int],
) -> None:
    loop = asyncio.get_running_loop()
    async with life(model, seed, folder) as here:
        for lived in range(hours + idle):
            await (hour if lived < hours else idle_hour)(here)
            days.see(Held.now(loop, folder))
        for _ in range(_RUNS):
            await one_run(here)
            run.see(Held.now(loop, folder))
        numbers["hours"] = hours + idle
        numbers["URCs"], numbers["trace records"] = here.urcs, here.records
        numbers["boots"] = here.modem.channel.restarts


def _where(model: str, seed: int, folder: Path) -> Iterator[str]:
    """The lines of ours that made more each hour, by living some of them again."""
    taken: list[tracemalloc.Snapshot] = []

    async def again() -> None:
        async with life(model, seed, folder) as here:
            for _ in range(_AGAIN):
                await (one_run if taken else hour)(here)
                Held.now(asyncio.get_running_loop(), folder)
                taken.append(tracemalloc.take_snapshot())

    tracemalloc.start()
    try:
        run_virtual(again())
    finally:
        tracemalloc.stop()
    ours = [one.filter_traces([tracemalloc.Filter(True, "*/atwin/*")]) for one in taken[-2:]]
    for line in ours[1].compare_to(ours[0], "lineno")[:_LINES]:
        if line.count_diff > 0:
            yield f"made at {line}"
