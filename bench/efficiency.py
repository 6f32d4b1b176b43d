"""How close the host comes to the bound of its method, on the virtual clock.

`python -m bench.efficiency`, or `make bench`. A file over a paced line, 50 ms of round trip and
1.2 MB/s on the network. bench/bound.py says where the bounds come from. The server is named by
its address: a question to a name server would be one more wait that no host can avoid. Exit code 1:
less than it must be.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.bound import Bound, Job, Way, range_bound, stream_bound
from rich.console import Console
from rich.table import Table

from atwin.clock import LoopClock, run_virtual
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from atwin.host.channel.channel import LogEntry
    from atwin.host.download.order import Strategy
    from atwin.host.download.reports import DownloadResult

#: The vendor's file (docs/spec/flows.md §3).
SIZE = 11_975_260
MODELS = ("air724ug", "air780e-at", "air780e-lsat")
RATES = (115200, 921600)
ROUND_TRIP, DOWNLINK = 0.05, 1.2e6

#: The least a download may reach of the bound of its method, and the most `auto` may be slower
#: than the faster method.
LEAST, SLOWER = 0.98, 1.02

_URL = "http://198.51.100.1/f"


@dataclass(frozen=True, slots=True)
class Figure:
    """One download: what it took, and what it could have taken."""

    result: DownloadResult
    bound: Bound

    @property
    def efficiency(self) -> float:
        """1 is perfect."""
        return self.bound.seconds / self.result.seconds


def measure(model: str, rate: int, strategy: Strategy, size: int = SIZE) -> Figure:
    """A download on the virtual clock, verified, and the bound of the method it used."""
    return run_virtual(_measure(model, rate, strategy, size))


async def _measure(model: str, rate: int, strategy: Strategy, size: int) -> Figure:
    clock = LoopClock()
    content = Generated(size, seed=1)
    network = SimulatedNetwork(clock, latency=ROUND_TRIP / 2, bandwidth=DOWNLINK)
    network.serve("198.51.100.1", 80, Origin({"/f": File(content)}, wall=clock.wall).handle)
    near, far = memory_pair()
    near.set_line(HostSettings(rate))
    async with Twin(model, far, network=network, baud=rate), Modem(near) as modem:
        await modem.bring_up()
        heard = _Heard()
        modem.channel.on_log(heard.note)
        with tempfile.TemporaryDirectory() as directory:
            result = await modem.download(
                _URL,
                Path(directory) / "f",
                strategy=strategy,
                sha256=hashlib.sha256(content.read(0, size)).hexdigest(),
            )
        chunk = (await modem.limits()).chunk
    job = Job(size, _URL, chunk, heard.condition, heard.head)
    way = Way(rate, ROUND_TRIP, DOWNLINK)
    of_method = stream_bound if result.strategy == "stream" else range_bound
    return Figure(result, of_method(job, way))


class _Heard:
    """What the server decided: the length of its header block, and the ETag of its file."""

    def __init__(self) -> None:
        self.head = 0
        self.condition: str | None = None

    def note(self, entry: LogEntry) -> None:
        if not self.head and entry.text.startswith("+HTTPHEAD: "):
            self.head = int(entry.text.partition(" ")[2])
        if entry.text.startswith('AT+HTTPPARA="USERDATA","If-Range'):
            self.condition = entry.text.split('"')[3]


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
                ranges, stream = (figures[name].result.seconds for name in ("range", "stream"))
                gains.append(f"{model} at {rate}: {ranges / stream:.2f} times as fast by stream")
            best = min(figure.result.seconds for figure in figures.values())
            good = good and auto.result.seconds <= best * SLOWER
            for name, figure in figures.items():
                good = good and figure.efficiency >= LEAST
                bound, took = figure.bound, figure.result.seconds
                table.add_row(
                    f"{model} {rate} {name}",
                    f"{bound.talk:.2f}",
                    f"{bound.body:.2f}",
                    f"{bound.network:.2f}",
                    f"{bound.seconds:.2f}",
                    f"{took:.2f}",
                    f"{figure.efficiency:.2%}",
                    "takes it" if auto.result.strategy == name else "",
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
