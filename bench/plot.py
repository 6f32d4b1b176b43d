"""What it takes to plot a trace of 100 MB: seconds, against parsing its lines alone, and memory.

The trace is that of a real download, its records again and again with the time moved on. Each run
is a process of its own, and the two kinds take turns.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.figures import Figure
from bench.file import served
from bench.trace import watched_download

from atwin.session.tracing import Recorders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

#: Bytes of the trace.
LENGTH = 100_000_000

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
    trace = directory / "session"
    with served() as file:
        recorders = Recorders(str(trace), complain=print)
        asyncio.run(watched_download(file, directory, recorders))
    return trace.read_text().splitlines()


def figures(scale: Scale) -> Iterator[Figure]:
    parsed, plotted = list[Cost](), list[Cost]()
    with tempfile.TemporaryDirectory() as name:
        trace, page = Path(name) / "trace", Path(name) / "page"
        with trace.open("w") as file:
            file.writelines(repeated(session(Path(name)), LENGTH))
        for _ in range(scale.runs(5)):
            parsed.append(cost("-c", LOADS, trace))
            plotted.append(cost("-m", "atwin.cli", "trace", "plot", trace, "-o", page))
        size = page.stat().st_size
    yield Figure.of_runs(
        "plot.time", f"atwin trace plot of {LENGTH / 1e6:.0f} MB, in CPU", "s",
        [one.work for one in plotted], "json.loads of each line", [one.work for one in parsed],
        limit="every line must be parsed", goal=2.0, better="less", of="ratio",
    )  # fmt: skip
    yield Figure.of_runs(
        "plot.memory", "memory of it at most", "MB", [one.memory / 1e6 for one in plotted],
        "json.loads of each line", [one.memory / 1e6 for one in parsed],
        limit="what is drawn, not what was read", goal=300.0, better="less",
    )  # fmt: skip
    yield Figure.of_runs(
        "plot.page", "the page", "MB", [size / 1e6],
        limit="points that a screen can show", goal=3.0, better="less",
    )  # fmt: skip
