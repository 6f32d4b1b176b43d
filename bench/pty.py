"""What the twin costs on a PTY, against the least a Python program can do there.

`python -m bench.pty`, or `make bench`. Every side is a process of its own on its own PTY. They take
turns within one run, and each turn gives a ratio: where the system puts the processes alone makes a
factor of three, and neighbours meet the same; fresh processes now and then help too. Medians are
shown. The bare programs come in two kinds: with asyncio, which is what the ratios are about because
it is what a twin needs to serve line, network and clock at once, and with blocking calls and
nothing else.

- Commands: `AT` and its OK, against a program that sends back what it reads. The host is the same.
- Bytes: a file from nginx by `Modem.download`, all its commands, requests and hashes included, to a
  file in memory (what a disk costs is another matter); and only the HTTPREADs of it, to the same
  host as the bare side has. Against a program that writes as many bytes as the PTY takes.

Exit code 1: slower than it must be.
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.children import Terminal, python, twin
from bench.servers import nginx
from rich.console import Console
from rich.table import Table

from atwin.host.modem import Modem
from atwin.line.opener import open_port
from atwin.testing.origin import Generated

if TYPE_CHECKING:
    from collections.abc import Callable

#: Sets of fresh processes, and turns of each set.
SETS, TURNS = 5, 4
COMMANDS = 2000
SIZE = 11_975_260
CHUNK = 307_200
#: A directory in memory where there is one.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None

#: The least of the bare rate with asyncio: commands, and bytes of a download.
COMMAND_RATIO, BYTE_RATIO = 0.8, 0.5

_PTY = """
import asyncio, os, pty, tty
master, slave = pty.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
"""

ASYNCIO_ECHO = f"""{_PTY}
async def serve():
    loop = asyncio.get_running_loop()
    loop.add_reader(master, lambda: os.write(master, os.read(master, 4096)))
    await asyncio.Event().wait()
asyncio.run(serve())
"""

BLOCKING_ECHO = f"""{_PTY}
while True:
    os.write(master, os.read(master, 4096))
"""

#: Both sources write as many bytes as the line they read says.
ASYNCIO_SOURCE = f"""{_PTY}
data = memoryview(os.urandom(1 << 19))
os.set_blocking(master, False)
async def serve():
    loop = asyncio.get_running_loop()
    left = 0
    def write():
        nonlocal left
        left -= os.write(master, data[:left])
        if not left:
            loop.remove_writer(master)
    def read():
        nonlocal left
        left = int(os.read(master, 4096))
        loop.add_writer(master, write)
    loop.add_reader(master, read)
    await asyncio.Event().wait()
asyncio.run(serve())
"""

BLOCKING_SOURCE = f"""{_PTY}
data = memoryview(os.urandom(1 << 19))
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
    """`SIZE` bytes from one of the sources."""
    with Terminal(path) as host:
        began = time.perf_counter()
        host.write(b"%d\r" % SIZE)
        _take(host, SIZE)
        return SIZE / (time.perf_counter() - began)


def read_bytes_a_second(path: str, url: str) -> float:
    """One part of `CHUNK` bytes, read again and again until about `SIZE` bytes have come."""
    reads = SIZE // CHUNK
    answer = len(f"\r\n+HTTPREAD: {CHUNK}\r\n") + CHUNK + len("\r\nOK\r\n")
    with Terminal(path) as host:
        host.ask("ATE0")
        host.ask("AT+HTTPINIT")
        host.ask(f'AT+HTTPPARA="URL","{url}"')
        host.ask(f'AT+HTTPPARA="BREAKEND",{CHUNK - 1}')
        host.ask("AT+HTTPACTION=0", f"+HTTPACTION: 0,206,{CHUNK}\r\n".encode())
        began = time.perf_counter()
        for _ in range(reads):
            host.write(b"AT+HTTPREAD\r")
            _take(host, answer)
        seconds = time.perf_counter() - began
        host.ask("AT+HTTPTERM")
        return reads * CHUNK / seconds


def _take(host: Terminal, size: int) -> None:
    while size:
        size -= len(host.read())


def downloaded_bytes_a_second(path: str, url: str, sha256: str, target: Path) -> float:
    """`SIZE` bytes by the host of this package."""

    async def download() -> float:
        async with Modem(await open_port(path)) as modem:
            await modem.bring_up()
            result = await modem.download(url, target, sha256=sha256, chunk=CHUNK, strategy="range")
            return SIZE / result.seconds

    rate = asyncio.run(download())
    target.unlink()
    return rate


#: Bytes or commands a second by side, one for each turn.
Rates = dict[str, list[float]]
Sides = dict[str, "Callable[[], float]"]


def by_turns(sides: Sides, rates: Rates) -> None:
    """`TURNS` for each side, and one more in front for what only the first one needs."""
    for turn in range(TURNS + 1):
        for name, measure in sides.items():
            rate = measure()
            if turn:
                rates.setdefault(name, []).append(rate)


def commands() -> tuple[Table, bool]:
    """The table; whether the twin is fast enough."""
    rates: Rates = {}
    for _ in range(SETS):
        with python(ASYNCIO_ECHO) as bare, python(BLOCKING_ECHO) as barest, twin() as module:
            with Terminal(module) as host:
                host.ask("ATE0")
            sides: Sides = {
                "bare, asyncio": partial(commands_a_second, bare, b"\r"),
                "bare, blocking": partial(commands_a_second, barest, b"\r"),
                "twin": partial(commands_a_second, module, b"\r\nOK\r\n"),
            }
            by_turns(sides, rates)
    table = new_table(f"AT and its OK over a PTY, {COMMANDS} times", "commands/s", rates, 1)
    return table, share(rates, "twin", "bare, asyncio") >= COMMAND_RATIO


def download() -> tuple[Table, bool]:
    """The table; whether a download is fast enough."""
    rates: Rates = {}
    data = Generated(SIZE, seed=1).read(0, SIZE)
    sha256 = hashlib.sha256(data).hexdigest()
    with (
        nginx({"file.bin": data}) as base,
        tempfile.TemporaryDirectory(dir=MEMORY) as directory,
    ):
        url, target = f"{base}/file.bin", Path(directory) / "file"
        for _ in range(SETS):
            with (
                python(ASYNCIO_SOURCE) as bare,
                python(BLOCKING_SOURCE) as barest,
                twin() as module,
            ):
                sides: Sides = {
                    "bare, asyncio": partial(bare_bytes_a_second, bare),
                    "bare, blocking": partial(bare_bytes_a_second, barest),
                    "twin, HTTPREAD": partial(read_bytes_a_second, module, url),
                    "host and twin, download": partial(
                        downloaded_bytes_a_second, module, url, sha256, target
                    ),
                }
                by_turns(sides, rates)
    table = new_table(f"{SIZE:,} bytes over a PTY", "MB/s", rates, 1e6)
    return table, share(rates, "host and twin, download", "bare, asyncio") >= BYTE_RATIO


def share(rates: Rates, ours: str, bare: str) -> float:
    """Median of the ratios of each turn."""
    turns = zip(rates[ours], rates[bare], strict=True)
    return statistics.median(our / their for our, their in turns)


def new_table(title: str, unit: str, rates: Rates, scale: float) -> Table:
    """Medians, the spread around them, and what they are of each bare side's."""
    bares = [name for name in rates if name.startswith("bare")]
    table = Table(title=f"{title}, median of {SETS * TURNS} turns", title_justify="left")
    table.add_column("")
    for heading in (unit, "worst", "best", *(f"of {name}" for name in bares)):
        table.add_column(heading, justify="right")
    for name, runs in rates.items():
        figures = (statistics.median(runs), min(runs), max(runs))
        shown = [f"{rate / scale:,.0f}" for rate in figures]
        if name not in bares:
            shown += [f"{share(rates, name, bare):.2f}" for bare in bares]
        table.add_row(name, *shown)
    return table


def main() -> int:
    console = Console(width=100)
    table, quick = commands()
    console.print(table)
    table, fast = download()
    console.print(table)
    for holds, rule in (
        (quick, f"commands at {COMMAND_RATIO} of a bare echo with asyncio, or more"),
        (fast, f"a download at {BYTE_RATIO} of a bare source with asyncio, or more"),
    ):
        console.print(f"{'holds' if holds else 'FAILS'}: {rule}")
    return 0 if quick and fast else 1


if __name__ == "__main__":
    sys.exit(main())
