"""How close the host comes to the bound of its method, on the virtual clock.

`python -m bench.efficiency`, or `make bench`. A file over a paced line, 50 ms of round trip and
1.2 MB/s on the network. src/atwin/plan/paper.py says where the bounds come from. The server is
named by its address: a question to a name server would be one more wait that no host can avoid.
Exit code 1: less than it must be.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from atwin.plan.job import Job, Route
from atwin.plan.paper import Forecast, on_paper
from atwin.plan.simulated import play

if TYPE_CHECKING:
    from atwin.host.download.order import Strategy

#: The vendor's file (docs/spec/flows.md §3).
SIZE = 11_975_260
MODELS = ("air724ug", "air780e-at", "air780e-lsat")
RATES = (115200, 921600)
ROUND_TRIP, DOWNLINK = 0.05, 1.2e6

#: The least a download may reach of what it could by paper, and the most `auto` may be slower than
#: the faster method.
LEAST, SLOWER = 0.98, 1.02


@dataclass(frozen=True, slots=True)
class Figure:
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


def measure(model: str, rate: int, strategy: Strategy, size: int = SIZE) -> Figure:
    """A download on the virtual clock, verified, and the same on paper."""
    route = Route(ROUND_TRIP, DOWNLINK, DOWNLINK)
    job = Job(size, model, rate, strategy, route=route)
    played = play(job)
    assert played.ok, played.error
    return Figure(played.forecast, on_paper(job))


def efficiencies() -> tuple[Table, bool]:
    """Every model, rate and strategy; whether all are good enough."""
    table = Table(
        title=f"{SIZE:,} bytes, {ROUND_TRIP * 1000:g} ms round trip, {DOWNLINK / 1e6} MB/s down,"
        " virtual time",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("model, bit/s, method")
    for heading in ("talk s", "bodies s", "net s", "bound s", "took s", "of bound", "auto"):
        table.add_column(heading, justify="right")
    good, gains = True, []
    for model in MODELS:
        for rate in RATES:
            auto = measure(model, rate, "auto")
            figures = {"range": measure(model, rate, "range")}
            if model != "air724ug":
                figures["stream"] = measure(model, rate, "stream")
                ranges, stream = (figures[name].seconds for name in ("range", "stream"))
                gains.append(f"{model} at {rate}: {ranges / stream:.2f} times as fast by stream")
            best = min(figure.seconds for figure in figures.values())
            good = good and auto.seconds <= best * SLOWER
            for name, figure in figures.items():
                good = good and figure.efficiency >= LEAST
                bound = figure.paper.times
                table.add_row(
                    f"{model} {rate} {name}",
                    f"{bound.talk:.2f}",
                    f"{bound.body:.2f}",
                    f"{bound.requests + bound.transfer:.2f}",
                    f"{bound.seconds:.2f}",
                    f"{figure.seconds:.2f}",
                    f"{figure.efficiency:.2%}",
                    "takes it" if auto.played.way == name else "",
                )
    table.caption = "\n".join(gains)
    return table, good


def main() -> int:
    console = Console(width=110)
    table, good = efficiencies()
    console.print(table)
    console.print(
        f"{'holds' if good else 'FAILS'}: {LEAST:.0%} of the bound, and auto within"
        f" {SLOWER - 1:.0%} of the faster method"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
