"""A figure: one measured thing, with its limit and its peer beside it.

A bench is a module of this folder with `figures(scale)`, which yields them:

    def figures(scale: Scale) -> Iterator[Figure]:
        ours, theirs = by_turns(scale.runs(7), download, curl)
        yield Figure.of_runs("memory.download", "…", "MB/s", ours, "39 times curl -r", theirs, …)

Nothing happens when it is imported. `python -m bench` has the list of benches (`bench/benches.py`).
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Better = Literal["more", "less"]
Of = Literal["value", "ratio"]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of a bench: all of it, or the short form that CI runs."""

    short: bool = False

    def runs(self, whole: int) -> int:
        """How often: `whole`, or three times at most."""
        return min(whole, 3) if self.short else whole

    def size(self, whole: int, short: int) -> int:
        """How much at a time."""
        return short if self.short else whole


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing, with its limit and its peer beside it."""

    #: Stable: the JSON and the comparison in CI know it by this.
    key: str
    what: str
    #: The median of the runs, and their spread.
    value: float
    unit: str
    low: float
    high: float
    #: What it is compared with, measured in the same run, by turns; "" is nothing.
    peer: str = ""
    peer_value: float | None = None
    #: What bounds it, in one phrase.
    limit: str = ""
    goal: float | None = None
    better: Better = "more"
    #: Whether the goal is one of the value or of the ratio to the peer.
    of: Of = "value"
    #: The ratio of each turn, if both sides took turns.
    ratios: tuple[float, ...] = ()

    @classmethod
    def of_runs(
        cls,
        key: str,
        what: str,
        unit: str,
        runs: Sequence[float],
        peer: str = "",
        peers: Sequence[float] = (),
        *,
        limit: str = "",
        goal: float | None = None,
        better: Better = "more",
        of: Of = "value",
    ) -> Figure:
        """The medians of runs; where the peer has as many, each pair was one turn."""
        paired = len(runs) == len(peers)
        return cls(
            key,
            what,
            statistics.median(runs),
            unit,
            min(runs),
            max(runs),
            peer,
            statistics.median(peers) if peers else None,
            limit,
            goal,
            better,
            of,
            tuple(run / other for run, other in zip(runs, peers, strict=True)) if paired else (),
        )

    @property
    def ratio(self) -> float | None:
        """What it is of its peer: the median of the turns."""
        if self.ratios:
            return statistics.median(self.ratios)
        return self.value / self.peer_value if self.peer_value else None

    @property
    def holds(self) -> bool:
        """Whether the goal is reached, if it has one."""
        judged = self.value if self.of == "value" else self.ratio
        if self.goal is None:
            return True
        if judged is None:
            return False
        return judged >= self.goal if self.better == "more" else judged <= self.goal


def by_turns(turns: int, *sides: Callable[[], float]) -> list[list[float]]:
    """Each side `turns` times, another one first each time: one list for each."""
    runs: list[list[float]] = [[] for _ in sides]
    for turn in range(turns):
        for place in range(len(sides)):
            number = (turn + place) % len(sides)
            runs[number].append(sides[number]())
    return runs
