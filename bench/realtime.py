"""Many downloads at once in real time: how much longer than on the virtual clock each one takes.

A thousand modules and hosts in this process, each with a memory line at 115200 bit/s; each
downloads 300 kB from a server on a simulated network of its own; they begin one after the other
within 15 seconds. Bringing one up costs some 7 ms of CPU: a thousand in the same instant would wait
for each other. The lag of a download is what it takes more than the same one alone on the virtual
clock. Files go where a sync costs nothing (/dev/shm), if there is such a place and room in it:
disks are not part of this.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.paced import MODELS, RATE, Job

from atwin.clock import run_virtual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

COUNT = 1_000
SIZE = 300_000
#: Seconds within which all begin.
SPREAD = 15.0
#: What the median may lag, of the time a download takes.
MOST = 0.05

_IN_MEMORY = Path("/dev/shm")


async def alone(model: str, directory: Path) -> float:
    """Seconds of a download on the clock of the running loop, which has nothing else to do."""
    async with AsyncExitStack() as stack:
        job = Job(SIZE)
        return await job.download(await job.host(stack, model), model, directory / model)


async def together(models: list[str], directory: Path) -> tuple[list[float], float, float, float]:
    """Seconds of each download; CPU and real seconds of them all, and bytes of memory each."""
    async with AsyncExitStack() as stack:
        job, before = Job(SIZE), _resident()
        modems = await asyncio.gather(*(job.host(stack, model) for model in models))
        gc.collect()
        # What is there now stays until the end; looking at it again takes longer than anything.
        gc.freeze()

        async def one(number: int) -> float:
            await asyncio.sleep(SPREAD * number / len(models))
            target = directory / str(number)
            return await job.download(modems[number], models[number], target)

        began, cpu = time.perf_counter(), time.process_time()
        downloads = asyncio.gather(*map(one, range(len(models))))
        await asyncio.sleep(SPREAD)
        memory = (_resident() - before) / len(models)
        seconds = await downloads
        gc.unfreeze()
        return seconds, time.process_time() - cpu, time.perf_counter() - began, memory


def _resident() -> int:
    """Bytes of this process that are in memory."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def figures(scale: Scale) -> Iterator[Figure]:
    models = [list(MODELS)[number % len(MODELS)] for number in range(COUNT)]
    has_room = _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > 2 * COUNT * SIZE
    place = _IN_MEMORY if has_room else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        directory = Path(name)
        due = {model: run_virtual(alone(model, directory)) for model in MODELS}
        seconds, cpu, real, memory = asyncio.run(together(models, directory))
    yield Figure.of_runs(
        "realtime.download",
        f"{COUNT:,} downloads of {SIZE:,} bytes at {RATE} bit/s in one process: seconds of each",
        "s",
        seconds,
        "the same alone on the virtual clock",
        [due[model] for model in models],
        limit=f"one processor: {cpu / real:.0%} of it is busy",
        goal=1 + MOST,
        better="less",
        of="ratio",
    )
    yield Figure.of_runs(
        "realtime.memory",
        "memory of each of them, host and server included",
        "KiB",
        [memory / 1024],
        better="less",
        limit="buffers of the line and the response",
    )
