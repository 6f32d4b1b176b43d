"""A whole file through host and twin against curl, the one an unpaced line in memory.

Both sides fetch the same parts. Host and twin are one process that is there already; what starting
one costs is the matter of `bench.process`.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure, by_turns
from bench.file import CHUNK, PARTS, SIZE, Served, served

from atwin.host.modem import Modem
from atwin.session.opening import open_line
from atwin.session.url import parse_port_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

MODEL = "twin://air724ug"
#: Whatever this user's curl is told elsewhere, and no error page for a file.
CURL = ("curl", "-q", "-sSf", "--noproxy", "*")


def figures(scale: Scale) -> Iterator[Figure]:
    with served() as file, tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        ours, theirs = by_turns(
            scale.runs(7),
            lambda: SIZE / asyncio.run(download(file, directory)) / 1e6,
            lambda: SIZE / curl(file.url, directory) / 1e6,
        )
    yield Figure.of_runs(
        "memory.download",
        f"{SIZE:,} bytes in {PARTS} parts, host and twin in one process, from nginx",
        "MB/s",
        ours,
        f"{PARTS} times curl -r",
        theirs,
        limit="one processor: requests, the line and the hash of every byte; a sync for each part",
        goal=0.8,
        of="ratio",
    )


async def download(file: Served, directory: Path) -> float:
    """Seconds for the whole file in parts of `CHUNK` over an unpaced memory port."""
    async with open_line(parse_port_url(MODEL)) as line, Modem(line.port) as modem:
        await modem.bring_up()
        began = time.perf_counter()
        result = await modem.download(
            file.url, directory / "file", sha256=file.sha256, chunk=CHUNK, strategy="range"
        )
        seconds = time.perf_counter() - began
    assert result.fetched_parts == PARTS
    (directory / "file").unlink()
    return seconds


def curl(url: str, directory: Path) -> float:
    """Seconds for the same parts, each by a `curl -r` of its own."""
    target, came = directory / "part", 0
    began = time.perf_counter()
    for first in range(0, SIZE, CHUNK):
        part = f"{first}-{min(first + CHUNK, SIZE) - 1}"
        subprocess.run([*CURL, "-r", part, "-o", str(target), url], check=True)
        came += target.stat().st_size
    seconds = time.perf_counter() - began
    assert came == SIZE
    return seconds
