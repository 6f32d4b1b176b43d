"""What a report draws and says of a run at its server: few points, and how far they may be off."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import stdev
from typing import TYPE_CHECKING, Any, NamedTuple

from atwin.fleet.estimate import Estimate
from atwin.fleet.server.run import SERVER, ServerRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.fleet.server.load import ServerLoad

#: Points of a curve, and buckets of a load.
MOST_POINTS = 2000
#: Shares of the devices for which a spread says when they were done.
SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)

#: Student's t of 97.5 % for 1 to 9 degrees of freedom.
_STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)


def completion(run: ServerRun, most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """When which share of all devices was done: at most `most` points (2 at least), from (0, 0).

    Each point is one of the run's own; between two of them are no more devices than it takes.
    """
    times = [at for at, ok in run.ended if ok]
    step = max(1, ceil(len(times) / (most - 1)))
    counts = list(range(step, len(times), step))
    if times:
        counts.append(len(times))
    return [(0.0, 0.0), *((times[count - 1], count / run.devices) for count in counts)]


@dataclass(frozen=True, slots=True)
class Buckets:
    """Values of seconds, `seconds` of them together: their `mean`, and the largest as `peak`.

    The last bucket may have fewer.
    """

    seconds: int
    mean: list[float]
    peak: list[float]


def buckets(values: Sequence[float], most: int = MOST_POINTS) -> Buckets:
    """One value for each second, such as those of a `ServerLoad`, in at most `most` buckets."""
    width = max(1, ceil(len(values) / most))
    parts = [values[low : low + width] for low in range(0, len(values), width)]
    return Buckets(width, [sum(part) / len(part) for part in parts], [max(part) for part in parts])


def thinned(load: ServerLoad, most: int = MOST_POINTS) -> dict[str, Buckets]:
    """`connections`, `requests` and `sent` of a load, each in at most `most` buckets."""
    return {
        name: buckets(getattr(load, name), most) for name in ("connections", "requests", "sent")
    }


class Figures(NamedTuple):
    """What a spread compares of each run."""

    done_by: tuple[float | None, ...]
    peak_connections: float
    peak_requests: float
    peak_sent: float
    refused: float
    server_failed: float

    @classmethod
    def of(cls, run: ServerRun) -> Figures:
        """Those of a run."""
        return cls(
            tuple(run.done_by(share) for share in SHARES),
            run.peak_connections,
            run.peak_requests,
            run.peak_sent,
            run.refused,
            run.causes.get(SERVER, 0),
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """Figures of the fleet at the server, each with the 95 % interval that chance leaves.

    `done_by`: share of all devices -> the second after the start by which they were done; None
    where a run did not come so far. Peaks are of one second: open connections (mean of it),
    requests, bytes sent. `refused` attempts, and devices that failed for that (`server_failed`).
    """

    runs: int
    done_by: dict[float, Estimate | None]
    peak_connections: Estimate
    peak_requests: Estimate
    peak_sent: Estimate
    refused: Estimate
    server_failed: Estimate

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        done = {f"{share:g}": at and at.as_dict() for share, at in self.done_by.items()}
        others = (name for name in Figures._fields if name != "done_by")
        return {
            "runs": self.runs,
            "done_by": done,
            **{name: getattr(self, name).as_dict() for name in others},
        }


def spread_of(figures: Sequence[Figures]) -> Spread:
    """Those of the first run, and how far the others, 2 at least, lie apart."""
    shares = {
        share: _estimate([one.done_by[place] for one in figures])
        for place, share in enumerate(SHARES)
    }
    rest = {
        name: _estimate([getattr(one, name) for one in figures])
        for name in Figures._fields
        if name != "done_by"
    }
    return Spread(len(figures), shares, **rest)  # type: ignore[arg-type]


def _estimate(values: Sequence[float | None]) -> Estimate | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    first, *others = known
    off = _student(len(others) - 1) * stdev(others)
    return Estimate(first, max(0.0, first - off), first + off)


def _student(freedom: int) -> float:
    """97.5 % of Student's t."""
    few = _STUDENT[freedom - 1 : freedom]
    return few[0] if few else 1.96 + 2.4 / freedom + 2.8 / freedom**2
