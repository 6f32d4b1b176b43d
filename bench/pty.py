"""What the twin costs on a PTY, against the least a Python program can do there.

`python -m bench.pty`, or `make bench`. Both sides are processes of their own on their own PTY, with
the same host at the other end, and take turns within one run, so that whatever else the machine
does meets both; medians are shown.

- Commands: `AT` and its OK, against a program that sends back what it reads, once written with
  asyncio as the twin is, and once with blocking calls and nothing else.
- Bytes: a file from nginx by `Modem.download`, disk and hash included, against a program that
  writes as many bytes as the PTY takes, to a host that only reads them.

Exit code 1: slower than it must be.
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.children import Terminal, python, twin
from bench.servers import nginx
from rich.console import Console
from rich.table import Table

from atwin.host import Modem
from atwin.line.opener import open_port
from atwin.net.origin import Generated

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 15
COMMANDS = 2000
SIZE = 11_975_260

#: The least of the bare rate: commands, and bytes of a download.
COMMAND_RATIO, BYTE_RATIO = 0.8, 0.5

_PTY = """
import asyncio, os, pty, tty
master, slave = pty.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
"""

BLOCKING_ECHO = f"""{_PTY}
while True:
    os.write(master, os.read(master, 4096))
"""

ASYNCIO_ECHO = f"""{_PTY}
async def main():
    loop = asyncio.get_running_loop()
    loop.add_reader(master, lambda: os.write(master, os.read(master, 4096)))
    await asyncio.Event().wait()
asyncio.run(main())
"""

#: Writes as many bytes as the line it reads says.
SOURCE = f"""{_PTY}
data = os.urandom(1 << 16)
while True:
    left = int(os.read(master, 4096))
    while left:
        left -= os.write(master, data[:left])
"""


def commands_a_second(path: str, end: bytes) -> float:
    """`AT` until `end` comes, one after the other."""
    with Terminal(path) as host:
        host.ask("AT", end)
        began = time.perf_counter()
        for _ in range(COMMANDS):
            host.ask("AT", end)
        return COMMANDS / (time.perf_counter() - began)


def bare_bytes_a_second(path: str) -> float:
    """`SIZE` bytes from `SOURCE`."""
    with Terminal(path) as host:
        began = time.perf_counter()
        host.write(b"%d\r" % SIZE)
        left = SIZE
        while left:
            left -= len(host.read())
        return SIZE / (time.perf_counter() - began)


async def downloaded_bytes_a_second(path: str, url: str, sha256: str, directory: Path) -> float:
    """`SIZE` bytes by the host of this package."""
    async with Modem(await open_port(path)) as modem:
        await modem.bring_up()
        result = await modem.download(url, directory / "file", sha256=sha256)
        (directory / "file").unlink()
        return SIZE / result.seconds


def by_turns(sides: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Each side `RUNS` times, and once more in front for what only the first run needs."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(RUNS + 1):
        for name, measure in sides.items():
            rate = measure()
            if run:
                rates[name].append(rate)
    return rates


def commands() -> tuple[Table, bool]:
    """The table; whether the twin is fast enough."""
    with python(BLOCKING_ECHO) as blocking, python(ASYNCIO_ECHO) as with_loop, twin() as module:
        with Terminal(module) as host:
            host.ask("ATE0")
        rates = by_turns(
            {
                "bare echo, asyncio": lambda: commands_a_second(with_loop, b"\r"),
                "bare echo, blocking": lambda: commands_a_second(blocking, b"\r"),
                "twin": lambda: commands_a_second(module, b"\r\nOK\r\n"),
            }
        )
    table, ratios = _table(f"AT and its OK over a PTY, {COMMANDS} times", "commands/s", rates, 1)
    return table, ratios["bare echo, asyncio"] >= COMMAND_RATIO


def download() -> tuple[Table, bool]:
    """The table; whether a download is fast enough."""
    data = Generated(SIZE, seed=1).read(0, SIZE)
    sha256 = hashlib.sha256(data).hexdigest()
    with (
        nginx({"file.bin": data}) as base,
        tempfile.TemporaryDirectory() as name,
        python(SOURCE) as bare,
        twin() as module,
    ):
        url = f"{base}/file.bin"
        rates = by_turns(
            {
                "bare, one way": lambda: bare_bytes_a_second(bare),
                "download": lambda: asyncio.run(
                    downloaded_bytes_a_second(module, url, sha256, Path(name))
                ),
            }
        )
    table, ratios = _table(f"{SIZE:,} bytes over a PTY", "MB/s", rates, 1e6)
    return table, ratios["bare, one way"] >= BYTE_RATIO


def _table(
    title: str, unit: str, rates: dict[str, list[float]], scale: float
) -> tuple[Table, dict[str, float]]:
    """Medians with the spread around them, and the last side's share of each other one."""
    table = Table(
        title=f"{title}, median of {RUNS} by turns",
        title_justify="left",
        caption_justify="left",
        min_width=70,
    )
    table.add_column("")
    for heading in (unit, "worst", "best"):
        table.add_column(heading, justify="right")
    for name, runs in rates.items():
        shown = (statistics.median(runs), min(runs), max(runs))
        table.add_row(name, *(f"{rate / scale:,.0f}" for rate in shown))
    *others, ours = rates
    ratios = {
        name: statistics.median(rates[ours]) / statistics.median(rates[name]) for name in others
    }
    table.caption = "\n".join(f"{ours} to {name}: {ratio:.2f}" for name, ratio in ratios.items())
    return table, ratios


def main() -> int:
    console = Console(width=100)
    quick_table, quick = commands()
    console.print(quick_table)
    fast_table, fast = download()
    console.print(fast_table)
    for holds, rule in (
        (quick, f"commands at {COMMAND_RATIO} of a bare echo or more"),
        (fast, f"a download at {BYTE_RATIO} of the bare one-way rate or more"),
    ):
        console.print(f"{'holds' if holds else 'FAILS'}: {rule}")
    return 0 if quick and fast else 1


if __name__ == "__main__":
    sys.exit(main())
