"""What a trace and a capture cost: a user's time, and CPU on an unpaced line in memory.

In memory each side takes its turn in one process that holds host and twin; a trace is paid for when
its last record is at the disk. That line is the hardest on a trace there is: its 12 MB take some
0.1 s, those of a module at 115200 bit/s seventeen minutes, with as many records.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import in_memory
from bench.download import download
from bench.figures import Figure, by_turns
from bench.file import PARTS, SIZE, served
from bench.process import get

from atwin.session.tracing import Recorders, traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale
    from bench.file import Served

#: More turns than usual, because the difference is small.
TURNS = 15
COMMANDS = 10_000


def figures(scale: Scale) -> Iterator[Figure]:
    with served() as file, tempfile.TemporaryDirectory() as name:
        directory = Path(name)

        def tracing() -> Recorders:
            return Recorders(str(directory / "trace"), complain=_nothing)

        def capturing() -> Recorders:
            return Recorders(None, str(directory / "pcap"), complain=_nothing)

        def traced_get() -> float:
            return get(file, directory, "--trace", str(directory / "trace"))

        def untraced_get() -> float:
            return get(file, directory)

        for first in (untraced_get, traced_get):
            first()  # writes the bytecode
        kept, unkept = by_turns(scale.runs(TURNS), traced_get, untraced_get)

        def cpu_of_download(watching: Recorders | None = None) -> float:
            began = time.process_time()
            if watching is None:
                asyncio.run(download(file, directory))
            else:
                asyncio.run(watched_download(file, directory, watching))
            return time.process_time() - began

        for recorders in (tracing, capturing):
            cpu_of_download(recorders())  # what is loaded at the first one
        traces, captures, plain = by_turns(
            scale.runs(TURNS),
            lambda: cpu_of_download(tracing()),
            lambda: cpu_of_download(capturing()),
            cpu_of_download,
        )
        records = (directory / "trace").read_bytes().count(10)
        size = (directory / "pcap").stat().st_size
        told, untold = by_turns(
            scale.runs(TURNS),
            lambda: 1e6 / asyncio.run(watched_commands(tracing())),
            lambda: 1e6 / asyncio.run(in_memory(COMMANDS)),
        )
    yield Figure.of_runs(
        "trace.get", f"atwin get --trace of {SIZE:,} bytes", "s", kept,
        "the same without", unkept, goal=1.05, better="less", of="ratio",
        limit="8 ms of CPU, as below, and opening and syncing the file",
    )  # fmt: skip
    what = f"{SIZE:,} bytes in {PARTS} parts, with"
    yield Figure.of_runs(
        "trace.download", f"{what} a trace of {records:,} records", "s of CPU", traces,
        "the same without", plain, goal=1.12, better="less", of="ratio",
        limit="8 ms at any rate: 1,000 records at 5.5 µs, what is laid around, files (D-416)",
    )  # fmt: skip
    yield Figure.of_runs(
        "trace.capture", f"{what} a capture of {size / 1e6:.1f} MB", "s of CPU", captures,
        "the same without", plain, better="less", of="ratio",
        limit="every byte is copied into packets of the line and of TCP",
    )  # fmt: skip
    yield Figure.of_runs(
        "trace.commands", "AT and its OK in memory, traced", "µs of CPU", told,
        "the same without", untold, goal=1.18, better="less", of="ratio",
        limit="two records in 1.2 µs: to put them down, make them and write them (D-375)",
    )  # fmt: skip


def _nothing(text: str) -> None:
    """A capture says what it holds."""


async def watched_download(file: Served, directory: Path, recorders: Recorders) -> float:
    """Seconds of `download` while everything is written."""
    with recorders, traced(recorders, ""):
        return await download(file, directory)


async def watched_commands(recorders: Recorders) -> float:
    """Commands in a second of CPU while everything is written."""
    with recorders, traced(recorders, ""):
        return await in_memory(COMMANDS)
