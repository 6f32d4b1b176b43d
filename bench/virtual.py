"""What a paced download costs: virtual seconds a second of CPU, and what the loop has to do for it.

python -m bench.virtual            1 MB at 115200 bit/s over a memory line, host and module, on a
                                   network of 100 ms of round trip and 60 kB/s
python -m bench.virtual --profile  where the time goes

Exit code 1: slower than it must be.
"""

from __future__ import annotations

import asyncio
import cProfile
import hashlib
import pstats
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.clock import LoopClock
from atwin.clock.virtual import VirtualLoop
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.download.order import Strategy

RATE = 115200
SIZE = 1_000_000
DELAY, DOWNLINK = 0.05, 60e3
MODELS: dict[str, Strategy] = {"air780e-at": "stream", "air780e-lsat": "range", "air724ug": "range"}
#: Virtual seconds a second of CPU, at the least.
LEAST = 1_000
RUNS = 3

_URL = "http://198.51.100.1/f"


@dataclass(slots=True)
class Cost:
    """Of one download: virtual and CPU seconds, and of a `CountingLoop` what it had to do."""

    virtual: float = 0.0
    cpu: float = 0.0
    turns: int = 0
    calls: int = 0
    timers: int = 0
    tasks: int = 0

    @property
    def speed(self) -> float:
        """Virtual seconds a second of CPU."""
        return self.virtual / self.cpu


class CountingLoop(VirtualLoop):
    """Counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.cost = Cost()

    def _run_once(self) -> None:
        self.cost.turns += 1
        super()._run_once()  # type: ignore[misc]

    def call_soon(  # type: ignore[override]
        self, *arguments: Any, **options: Any
    ) -> asyncio.Handle:
        self.cost.calls += 1
        return super().call_soon(*arguments, **options)

    def call_at(  # type: ignore[override]
        self, *arguments: Any, **options: Any
    ) -> asyncio.TimerHandle:
        self.cost.timers += 1
        return super().call_at(*arguments, **options)

    def create_task(self, *arguments: Any, **options: Any) -> asyncio.Task[Any]:
        self.cost.tasks += 1
        return super().create_task(*arguments, **options)


def counted(model: str, strategy: Strategy, size: int = SIZE) -> Cost:
    """A download, and what the loop did for it from the twin's making on."""
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        cost = runner.run(_download(model, strategy, size))
        loop = runner.get_loop()
        assert isinstance(loop, CountingLoop)
        loop.cost.virtual, loop.cost.cpu = cost.virtual, cost.cpu
        return loop.cost


def timed(model: str, strategy: Strategy, size: int = SIZE, *, profile: bool = False) -> Cost:
    """A download, and what it cost; `profile` prints where."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_download(model, strategy, size, cProfile.Profile if profile else None))


async def _download(
    model: str,
    strategy: Strategy,
    size: int,
    profiler: Callable[[], cProfile.Profile] | None = None,
) -> Cost:
    clock = LoopClock()
    content = Generated(size, seed=1)
    sha256 = hashlib.sha256(content.read(0, size)).hexdigest()
    network = SimulatedNetwork(clock, latency=DELAY, bandwidth=DOWNLINK)
    network.serve("198.51.100.1", 80, Origin({"/f": File(content)}, wall=clock.wall).handle)
    near, far = memory_pair()
    near.set_line(HostSettings(RATE))
    async with Twin(model, far, network=network, baud=RATE), Modem(near) as modem:
        await modem.bring_up()
        with tempfile.TemporaryDirectory() as directory:
            profile = None if profiler is None else profiler()
            began, at = time.process_time(), clock.now()
            with profile or nullcontext():
                target = Path(directory) / "f"
                await modem.download(_URL, target, strategy=strategy, sha256=sha256)
            cost = Cost(clock.now() - at, time.process_time() - began)
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    return cost


def main() -> int:
    profile = "--profile" in sys.argv[1:]
    good = True
    for model, strategy in MODELS.items():
        best = min((timed(model, strategy) for _ in range(RUNS)), key=lambda cost: cost.cpu)
        seen = counted(model, strategy)
        good = good and best.speed >= LEAST
        each = SIZE / 1000
        print(
            f"{model:12}  {strategy:6}  {best.virtual:5.1f} virtual s in {best.cpu:.3f} s of CPU:"
            f" {best.speed:5,.0f} times real; for 1 kB {seen.turns / each:.2f} turns,"
            f" {seen.timers / each:.2f} timers, {seen.calls / each:.2f} calls,"
            f" {seen.tasks / each:.2f} tasks"
        )
        if profile:
            timed(model, strategy, profile=True)
    print(f"{'holds' if good else 'FAILS'}: {LEAST:,} times real")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
