"""What an idle module costs: memory and CPU of its making, and what one GET leaves behind.

python -m bench.twins            200 modules of each model, each with a memory line of its own
"""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc

from atwin.clock import LoopClock
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS, Profile
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

COUNT = 200


def make(model: str | Profile, count: int) -> list[Twin]:
    """Modules that have booted and to which nothing has been sent."""
    network = SimulatedNetwork(LoopClock())
    return [Twin(model, memory_pair()[1], network=network) for _ in range(count)]


async def bytes_each(model: str) -> float:
    """Of memory, the line included."""
    kept = make(model, 1)  # what all of them share
    gc.collect()
    tracemalloc.start()
    try:
        kept += make(model, COUNT)
        await asyncio.sleep(0)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / COUNT
    finally:
        tracemalloc.stop()
        for twin in kept:
            await twin.close()


async def _seconds_each(model: str) -> float:
    twins = make(model, 1)
    began = time.process_time()
    twins += make(model, COUNT)
    seconds = time.process_time() - began
    for twin in twins:
        await twin.close()
    return seconds / COUNT


def main() -> None:
    for model in MODELS:
        size, seconds = asyncio.run(bytes_each(model)), asyncio.run(_seconds_each(model))
        print(f"{model:12}  {size / 1024:5.1f} KiB, made in {seconds * 1000:.2f} ms of CPU")


if __name__ == "__main__":
    main()
