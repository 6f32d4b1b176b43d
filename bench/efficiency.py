"""How close the host comes to the bound of its method, on the virtual clock.

A file over a paced line, 50 ms of round trip and 1.2 MB/s on the network. src/atwin/plan/paper.py
says where the bounds come from. The server is named by its address: a question to a name server
would be one more wait that no host can avoid. The virtual clock has no noise: one run is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.figures import Figure

from atwin.plan.job import Job, Route
from atwin.plan.paper import Forecast, on_paper
from atwin.plan.simulated import play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

    from atwin.host.download.order import Strategy
    from atwin.plan.paper import Times

#: The vendor's file (docs/spec/flows.md §3).
SIZE = 11_975_260
MODELS = ("air724ug", "air780e-at", "air780e-lsat")
RATES = (115200, 921600)
ROUND_TRIP, DOWNLINK = 0.05, 1.2e6

#: The least a download may reach of what it could by paper, and the most `auto` may be slower than
#: the faster method.
LEAST, SLOWER = 0.98, 1.02


@dataclass(frozen=True, slots=True)
class Played:
    """One download: what it took, and what it could have taken."""

    played: Forecast
    paper: Forecast

    @property
    def efficiency(self) -> float:
        """1 is perfect."""
        return self.paper.times.seconds / self.seconds

    @property
    def seconds(self) -> float:
        """What it took."""
        return self.played.times.seconds


def measure(model: str, rate: int, strategy: Strategy, size: int = SIZE) -> Played:
    """A download on the virtual clock, verified, and the same on paper."""
    route = Route(ROUND_TRIP, DOWNLINK, DOWNLINK)
    job = Job(size, model, rate, strategy, route=route)
    played = play(job)
    assert played.ok, played.error
    return Played(played.forecast, on_paper(job))


def figures(scale: Scale) -> Iterator[Figure]:
    for model in MODELS:
        for rate in RATES:
            ways: tuple[Strategy, ...] = ("range",) if model == "air724ug" else ("range", "stream")
            took = {way: measure(model, rate, way) for way in ways}
            for way, played in took.items():
                yield _seconds(
                    f"efficiency.{model}.{rate}.{way}",
                    f"{model} at {rate} bit/s by {way}",
                    played.seconds,
                    "the bound of its method",
                    played.paper.times.seconds,
                    1 / LEAST,
                    _limit(played.paper.times),
                )
            if len(ways) > 1:
                yield _seconds(
                    f"efficiency.{model}.{rate}.auto",
                    f"{model} at {rate} bit/s by the way it chooses itself",
                    measure(model, rate, "auto").seconds,
                    "the faster method",
                    min(played.seconds for played in took.values()),
                    SLOWER,
                )


def _seconds(
    key: str, what: str, took: float, peer: str, its: float, goal: float, limit: str = ""
) -> Figure:
    return Figure(
        key, what, took, "s", took, took, peer, its, limit, goal, better="less", of="ratio"
    )


def _limit(bound: Times) -> str:
    """What the bound is made of."""
    return (
        f"{bound.body:.1f} s of bytes on the line, {bound.talk:.1f} s of commands,"
        f" {bound.requests + bound.transfer:.1f} s of network"
    )
