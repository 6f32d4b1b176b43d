"""What a trace costs: the 12 MB file on an unpaced line, with and without one.

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


async def traced_download(url: str, sha256: str, directory: Path, trace: Path) -> float:
    """Seconds of `download` while everything is written to `trace`, to the last record."""
    with Recorders(str(trace), complain=print) as files, traced(files, "") as told:
        seconds = await download(url, sha256, directory)
        began = time.perf_counter()
        told.flush()
        return seconds + time.perf_counter() - began


async def traced_commands(trace: Path) -> float:
    """Commands a second with a trace."""
    with Recorders(str(trace), complain=print) as files, traced(files, ""):
        return await commands_a_second(over_memory)


def main() -> int:
    """Measure, show, judge."""
    data = Generated(SIZE, seed=1).read(0, SIZE)
    sha256 = hashlib.sha256(data).hexdigest()
    plain: list[float] = []
    told: list[float] = []
    with nginx({"file.bin": data}) as base, tempfile.TemporaryDirectory() as name:
        directory, trace = Path(name), Path(name) / "trace"
        url = f"{base}/file.bin"
        for _ in range(PAIRS):
            plain.append(asyncio.run(download(url, sha256, directory)))
            told.append(asyncio.run(traced_download(url, sha256, directory, trace)))
        lines = trace.read_bytes().count(b"\n")
        rates = [asyncio.run(commands_a_second(over_memory)) for _ in range(5)]
        traced_rates = [asyncio.run(traced_commands(trace)) for _ in range(5)]
    without, with_trace = statistics.median(plain), statistics.median(told)
    cost = statistics.median(b / a for a, b in zip(plain, told, strict=True)) - 1
    table = new_table(f"{SIZE:,} bytes in 39 parts, unpaced, median of {PAIRS}")
    for heading in ("", "seconds", "MB/s", "AT and OK a second"):
        table.add_column(heading, justify="right" if heading else "left")
    for label, seconds, commands in (
        ("without a trace", without, rates),
        (f"with one ({lines:,} records)", with_trace, traced_rates),
    ):
        rate = f"{statistics.median(commands):,.0f}"
        table.add_row(label, f"{seconds:.3f}", f"{SIZE / seconds / 1e6:.1f}", rate)
    table.caption = (
        f"a trace costs {cost:+.1%} of the time (median of the pairs), at most {MOST:.0%}"
    )
    Console(width=100).print(table)
    return 0 if cost <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
