"""What a trace and a capture cost: the 12 MB file on an unpaced line, with and without one.

`python -m bench.trace`, or `make bench`. Runs of the two sides alternate, so that whatever else
the machine does meets both. Exit code 1: a trace costs more than it may.
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.line import SIZE, commands_a_second, download, new_table, over_memory
from bench.servers import nginx
from rich.console import Console

from atwin.session.tracing import Recorders, traced
from atwin.testing.origin import Generated

#: Part of the time without a trace that one may cost.
MOST = 0.10
#: Pairs of runs; more than usual, because the difference is small.
PAIRS = 25


async def watched_download(url: str, sha256: str, directory: Path, recorders: Recorders) -> float:
    """Seconds of `download` while everything is written, to the last record."""
    with recorders, traced(recorders, "") as told:
        seconds = await download(url, sha256, directory)
        began = time.perf_counter()
        told.flush()
        return seconds + time.perf_counter() - began


async def watched_commands(recorders: Recorders) -> float:
    """Commands a second while everything is written."""
    with recorders, traced(recorders, ""):
        return await commands_a_second(over_memory)


def main() -> int:
    """Measure, show, judge."""
    data = Generated(SIZE, seed=1).read(0, SIZE)
    sha256 = hashlib.sha256(data).hexdigest()
    with nginx({"file.bin": data}) as base, tempfile.TemporaryDirectory() as name:
        directory, trace, pcap = (Path(name), *(str(Path(name) / end) for end in ("trace", "pcap")))
        url = f"{base}/file.bin"

        def tracing() -> Recorders:
            return Recorders(trace, complain=lambda text: None)

        def capturing() -> Recorders:
            return Recorders(None, pcap, complain=lambda text: None)

        seconds: list[list[float]] = [[], [], []]
        for _ in range(PAIRS):
            seconds[0].append(asyncio.run(download(url, sha256, directory)))
            for kind, watching in enumerate((tracing, capturing), 1):
                took = asyncio.run(watched_download(url, sha256, directory, watching()))
                seconds[kind].append(took)
        labels = (
            "without a trace",
            f"with one ({Path(trace).read_bytes().count(10):,} records)",
            f"with a capture ({Path(pcap).stat().st_size / 1e6:.1f} MB)",
        )
        plain = [asyncio.run(commands_a_second(over_memory)) for _ in range(5)]
        told = [asyncio.run(watched_commands(tracing())) for _ in range(5)]
    cost, more = (
        statistics.median(b / a for a, b in zip(seconds[0], kind, strict=True)) - 1
        for kind in seconds[1:]
    )
    table = new_table(f"{SIZE:,} bytes in 39 parts, unpaced, median of {PAIRS}")
    for heading in ("", "seconds", "MB/s", "AT and OK a second"):
        table.add_column(heading, justify="right" if heading else "left")
    rates = [*(f"{statistics.median(commands):,.0f}" for commands in (plain, told)), ""]
    for label, took, rate in zip(labels, map(statistics.median, seconds), rates, strict=True):
        table.add_row(label, f"{took:.3f}", f"{SIZE / took / 1e6:.1f}", rate)
    table.caption = (
        f"a trace costs {cost:+.1%} of the time (median of the pairs), at most {MOST:.0%};"
        f" a capture {more:+.1%}"
    )
    Console(width=100).print(table)
    return 0 if cost <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
