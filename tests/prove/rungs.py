"""The vendor's file through one fault after another, and which rung of the ladder helped.

Every eighth seed has the file of the vendor's example, the others a smaller one. The line runs at
921600 bit/s on the virtual clock; the fault comes after 60 of some 140 seconds, or sooner. A try is
lost when the file is wrong, the download fails, or another rung helped than the one that ends this
fault.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.clock import LoopClock, run_virtual
from atwin.host.line import LineWishes
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.session.opening import TwinPins
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.faults.dice import Dice
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.twin import Twin
from prove.frame import MEMORY, Proof, Verdict, spread

if TYPE_CHECKING:
    from atwin.host.download.order import Strategy
    from atwin.host.download.reports import DownloadResult

#: The file of the vendor's example (docs/spec/flows.md §3).
SIZE = 11_975_260
BAUD = 921_600
MOMENT = 60.0
#: So many tries for one with the whole file.
_SMALLER = 8

NEW_PDP = ("new PDP",)
NOTHING = ()


@dataclass(frozen=True)
class Case:
    """A fault, and the rungs that may help against it; none when trying again is enough.

    A stream has one connection: troubles of the next ones are met with ranges.
    """

    fault: dict[str, Any]
    helps: tuple[str, ...]
    strategy: Strategy = "auto"

    def __str__(self) -> str:
        return " ".join(
            f"{value}" if key == "kind" else f"{key}={value}" for key, value in self.fault.items()
        )


CASES = (
    Case({"kind": "pdp_loss"}, NEW_PDP),
    Case({"kind": "pdp_loss", "until": "new_pdp", "times": 2}, NEW_PDP),
    Case({"kind": "pdp_loss", "until": "cipshut"}, ("CIPSHUT",)),
    Case({"kind": "pdp_loss", "until": "cfun"}, ("flight mode",)),
    Case({"kind": "pdp_loss", "until": "reset"}, ("AT+RESET",)),
    Case({"kind": "pdp_loss", "until": "reset_pin"}, ("RESET pin",)),
    Case({"kind": "pdp_loss", "until": "power"}, ("power cycle",)),
    Case({"kind": "radio_gone", "seconds": 10.0}, ("new PDP", "CIPSHUT", "flight mode")),
    Case({"kind": "sim_pulled", "seconds": 10.0}, ("new PDP", "CIPSHUT", "flight mode")),
    Case({"kind": "hang"}, ("RESET pin",)),
    Case({"kind": "hang", "until": "power"}, ("power cycle",)),
    Case({"kind": "restart"}, ("finding the module on the line",)),
    Case({"kind": "brownout"}, ("finding the module on the line",)),
    Case({"kind": "dns_failure", "count": 2}, NOTHING, "range"),
    Case({"kind": "connect_refused", "count": 2}, NEW_PDP, "range"),
    Case({"kind": "stall", "count": 1}, NEW_PDP),
    Case({"kind": "reset_connection", "count": 1}, NEW_PDP),
    Case({"kind": "truncate", "count": 1}, NEW_PDP),
    Case({"kind": "drip", "count": 1, "rate": 10}, NEW_PDP, "range"),
    Case({"kind": "slow_link", "latency": 0.3, "jitter": 0.1, "seconds": 20.0}, NOTHING),
    Case({"kind": "pool_full", "seconds": 10.0}, NOTHING, "range"),
    Case({"kind": "lost_bytes", "count": 3, "bytes": 10, "every": 5000}, NOTHING),
    Case({"kind": "urc_interleave", "count": 5}, NOTHING),
)


def run(model: str, case: Case, size: int, folder: Path) -> DownloadResult:
    """One download with that fault in its middle. Raises `HostError`."""

    async def main() -> DownloadResult:
        clock = LoopClock()
        origin = Origin({"/f": File(Generated(size, seed=7))}, wall=clock.wall)
        network = SimulatedNetwork(clock, latency=0.025, bandwidth=1.2e6)
        network.serve("files.example", 80, origin.handle)
        near, far = memory_pair()
        near.set_line(HostSettings(115_200))
        plan = FaultPlan.from_table({"fault": [{**case.fault, "at_time": MOMENT * size / SIZE}]})
        twin = Twin(model, far, network=network, baud=115_200, faults=plan)
        async with twin, Modem(near, pins=TwinPins(twin), line=LineWishes(speed=BAUD)) as modem:
            await modem.recover()
            result = await modem.download(
                "http://files.example/f", folder / "f", strategy=case.strategy
            )
            assert any(each.what == "begins" for each in twin.faults.history), "no fault came"
            return result

    return run_virtual(main())


def attempt(seed: int, *, told: bool = False) -> Verdict:
    """One case on one model."""
    case, model = spread(tuple(product(CASES, MODELS)), seed)
    size = SIZE if seed % _SMALLER == 0 else Dice(seed, "size").whole(500_000, 1_500_000)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        result = run(model, case, size, Path(folder))
        right = digest(size) == hashlib.sha256((Path(folder) / "f").read_bytes()).hexdigest()
    helped = tuple(rung.rung for rung in result.recovery if rung.helped)
    shown = f"{case}, {model}, {size} bytes: {', '.join(helped) or 'no rung'} helped"
    if told:
        print(f"{shown}; {result.retries} retries in {result.seconds:.1f} s")
    lost = "" if right else "WRONG FILE"
    if not set(helped) <= set(case.helps) or bool(helped) != bool(case.helps):
        lost = f"CALLED FOR {' or '.join(case.helps) or 'no rung'}"
    return Verdict(seed, "done", lost, shown if lost else "", Counter(helped))


def digest(size: int) -> str:
    """Of the file of that size."""
    return hashlib.sha256(Generated(size, seed=7).read(0, size)).hexdigest()


PROOF = Proof(
    name="rungs",
    claim="Each kind of trouble is ended by the rung of the recovery ladder that it calls for, on"
    " each model.",
    unit="downloads with one fault",
    attempt=attempt,
    told=partial(attempt, told=True),
    whole=_SMALLER * len(CASES) * len(MODELS),
    short=12,
)
