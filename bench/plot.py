"""What it takes to plot a trace of 100 MB: seconds, against parsing its lines alone, and memory.

`make bench`. The trace is that of a real download, its records again and again with the time moved
on. Each run is a process of its own; the two kinds alternate, and medians are shown. Exit code 1:
it takes longer, or more memory, or the page is larger than it may be.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.line import SIZE, new_table
from bench.servers import nginx
from bench.trace import watched_download
from rich.console import Console

from atwin.session.tracing import Recorders
from atwin.testing.origin import Generated

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes of the trace.
LENGTH = 100_000_000
RUNS = 5
#: Of the time that json.loads takes for all lines.
MOST_TIME = 2.0
#: Bytes of memory, and of the page.
MOST_MEMORY, MOST_PAGE = 300_000_000, 3_000_000

LOADS = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"


class Cost(NamedTuple):
    """Of a process: seconds, seconds of the processor, bytes of memory at most."""

    seconds: float
    work: float
    memory: int


def repeated(session: list[str], length: int) -> Iterator[str]:
    """`length` bytes of lines: a session, and then what happens in it again and again."""
    first, *middle, end = (json.loads(line) for line in session)
    yield json.dumps(first, separators=(",", ":")) + "\n"
    length -= len(session[0]) + len(session[-1])
    began, lasted = 0.0, end["t"] + 1.0
    parts = [(one.pop("t"), json.dumps(one, separators=(",", ":"))[1:]) for one in middle]
    while length > 0:
        for t, rest in parts:
            line = f'{{"t":{began + t:.6f},{rest}\n'
            length -= len(line)
            yield line
        began += lasted
    yield json.dumps({**end, "t": began}, separators=(",", ":")) + "\n"


def cost(*command: str | Path) -> Cost:
    """Of a process that must end well."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    _, process.returncode, used = os.wait4(process.pid, 0)
    assert process.returncode == 0
    seconds = time.perf_counter() - began
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def session(directory: Path) -> list[str]:
    """The lines of the trace of a download."""
    data = Generated(SIZE, seed=1).read(0, SIZE)
    trace = directory / "session"
    with nginx({"file.bin": data}) as base:
        sha256 = hashlib.sha256(data).hexdigest()
        recorders = Recorders(str(trace), complain=print)
        asyncio.run(watched_download(f"{base}/file.bin", sha256, directory, recorders))
    return trace.read_text().splitlines()


def main() -> int:
    """Measure, show, judge."""
    with tempfile.TemporaryDirectory() as name:
        trace, page = Path(name) / "trace", Path(name) / "page"
        with trace.open("w") as file:
            file.writelines(repeated(session(Path(name)), LENGTH))
        length = trace.stat().st_size
        parsed, plotted = list[Cost](), list[Cost]()
        for _ in range(RUNS):
            parsed.append(cost("-c", LOADS, trace))
            plotted.append(cost("-m", "atwin.cli", "trace", "plot", trace, "-o", page))
        size = page.stat().st_size
    table = new_table(f"a trace of {length:,} bytes, median of {RUNS}")
    for heading in ("", "seconds", "of the processor", "MB of memory"):
        table.add_column(heading, justify="right" if heading else "left")
    for label, costs in (("json.loads of each line", parsed), ("atwin trace plot", plotted)):
        seconds, work, memory = (statistics.median(part) for part in zip(*costs, strict=True))
        table.add_row(label, f"{seconds:.2f}", f"{work:.2f}", f"{memory / 1e6:.0f}")
    ratio = statistics.median(b.work / a.work for a, b in zip(parsed, plotted, strict=True))
    memory = max(one.memory for one in plotted)
    table.caption = (
        f"a plot takes {ratio:.2f} times as long as parsing (at most {MOST_TIME:g}); "
        f"its page has {size:,} bytes"
    )
    Console(width=100).print(table)
    return 0 if ratio <= MOST_TIME and memory <= MOST_MEMORY and size <= MOST_PAGE else 1


if __name__ == "__main__":
    sys.exit(main())
