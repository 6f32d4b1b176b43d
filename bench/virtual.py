"""What a paced download costs: virtual seconds a second of CPU, and what the loop has to do for it.

1 MB at 115200 bit/s over a memory line, host and module, on a network of 100 ms of round trip and
60 kB/s. `python -m bench.virtual MODEL` shows where the time goes.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
import tempfile
import time
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import Figure, by_turns
from bench.paced import MODELS, Job
from bench.plain import awaits_a_second

from atwin.clock.virtual import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

SIZE = 1_000_000
#: Virtual seconds a second of CPU, at the least.
LEAST = 1_000


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


def counted(model: str, size: int = SIZE) -> Cost:
    """A download, and what the loop did for it from the twin's making on."""
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        cost = runner.run(_cost(model, size))
        loop = runner.get_loop()
        assert isinstance(loop, CountingLoop)
        loop.cost.virtual, loop.cost.cpu = cost.virtual, cost.cpu
        return loop.cost


def timed(model: str, size: int = SIZE, profile: cProfile.Profile | None = None) -> Cost:
    """A download, and what it cost."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_cost(model, size, profile))


async def _cost(model: str, size: int, profile: cProfile.Profile | None = None) -> Cost:
    async with AsyncExitStack() as stack:
        job = Job(size)
        modem = await job.host(stack, model)
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        began = time.process_time()
        with profile or nullcontext():
            seconds = await job.download(modem, model, Path(directory) / "f")
        return Cost(seconds, time.process_time() - began)


def figures(scale: Scale) -> Iterator[Figure]:
    for model, strategy in MODELS.items():
        seen = counted(model, scale.size(SIZE, SIZE // 4))
        each = scale.size(SIZE, SIZE // 4) / 1000
        speeds, plain = by_turns(
            scale.runs(5),
            lambda model=model: timed(model).speed,  # type: ignore[misc]
            awaits_a_second,
        )
        yield Figure.of_runs(
            f"virtual.{model}",
            f"{model}, {SIZE:,} bytes by {strategy} at 115200 bit/s: times real",
            "",
            speeds,
            "an empty coroutine awaited, millions a second",
            [rate / 1e6 for rate in plain],
            limit=(
                f"{seen.turns / each:.1f} turns, {seen.timers / each:.1f} timers and"
                f" {seen.calls / each:.1f} calls of the loop for 1 kB"
            ),
            goal=LEAST,
        )


def main(model: str) -> None:
    profile = cProfile.Profile()
    timed(model, profile=profile)
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main(*sys.argv[1:])
