"""How fast it is: a file through host and twin against curl, commands a second, start-up.

`make bench`. Runs of the two sides alternate, so that whatever else the machine does meets
both; medians are shown.
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench.servers import nginx
from rich.console import Console
from rich.table import Table

from atwin.host.channel.channel import Channel
from atwin.host.modem import Modem
from atwin.line.opener import open_port
from atwin.line.ports.memory import memory_pair
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.session.opening import open_line
from atwin.session.twins import made_twin
from atwin.session.url import parse_port_url, parse_twin_url
from atwin.testing.origin import Generated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.line.port import Port

SIZE = 11_975_260
CHUNK = 307_200
RUNS = 7
COMMANDS = 2_000
STARTS = 10
MODEL = "twin://air724ug"


async def download(url: str, sha256: str, directory: Path) -> float:
    """Seconds for the whole file in parts of `CHUNK` over an unpaced memory port."""
    async with open_line(parse_port_url(MODEL)) as line, Modem(line.port) as modem:
        await modem.bring_up()
        began = time.perf_counter()
        result = await modem.download(
            url, directory / "file", sha256=sha256, chunk=CHUNK, strategy="range"
        )
        seconds = time.perf_counter() - began
    assert result.fetched_parts == 39
    (directory / "file").unlink()
    return seconds


def curl(url: str, directory: Path) -> float:
    """Seconds for the same parts, each by a `curl -r` of its own."""
    began = time.perf_counter()
    for first in range(0, SIZE, CHUNK):
        part = f"{first}-{min(first + CHUNK, SIZE) - 1}"
        target = directory / "part"
        subprocess.run(["curl", "-sS", "-r", part, "-o", str(target), url], check=True)
    return time.perf_counter() - began


def new_table(title: str) -> Table:
    return Table(title=title, title_justify="left", caption_justify="left", min_width=70)


def throughput() -> Table:
    """Host and twin against curl."""
    data = Generated(SIZE, seed=1).read(0, SIZE)
    sha256 = hashlib.sha256(data).hexdigest()
    ours: list[float] = []
    theirs: list[float] = []
    with nginx({"file.bin": data}) as base, tempfile.TemporaryDirectory() as name:
        for _ in range(RUNS):
            ours.append(asyncio.run(download(f"{base}/file.bin", sha256, Path(name))))
            theirs.append(curl(f"{base}/file.bin", Path(name)))
    mine, other = statistics.median(ours), statistics.median(theirs)
    table = new_table(f"{SIZE:,} bytes in 39 parts from nginx, median of {RUNS}")
    for heading in ("", "seconds", "MB/s", "best", "worst"):
        table.add_column(heading, justify="right" if heading else "left")
    for label, runs in (("host + twin, memory port", ours), ("39 times curl -r", theirs)):
        median = statistics.median(runs)
        table.add_row(
            label,
            f"{median:.3f}",
            f"{SIZE / median / 1e6:.1f}",
            f"{min(runs):.3f}",
            f"{max(runs):.3f}",
        )
    table.caption = f"ratio {other / mine:.2f} (above 1: faster than curl)"
    return table


async def commands_a_second(open_ports: Callable[[AsyncExitStack], Awaitable[Port]]) -> float:
    """AT and OK, one after the other."""
    async with AsyncExitStack() as stack:
        port = await open_ports(stack)
        stack.push_async_callback(port.close)
        channel = Channel(port)
        await channel.synchronise()
        began = time.perf_counter()
        for _ in range(COMMANDS):
            await channel.command("AT")
        return COMMANDS / (time.perf_counter() - began)


async def over_memory(stack: AsyncExitStack) -> Port:
    ours, its = memory_pair()
    await stack.enter_async_context(made_twin(parse_twin_url(MODEL), its))
    return ours


async def over_pty(stack: AsyncExitStack) -> Port:
    its = PtyPort(None)
    await stack.enter_async_context(made_twin(parse_twin_url(MODEL), its))
    return await open_port(its.slave_path)


async def over_tcp(stack: AsyncExitStack) -> Port:
    its = TcpServerPort("127.0.0.1", 0)
    await stack.enter_async_context(made_twin(parse_twin_url(MODEL), its))
    return await open_port(f"socket://{its.address}")


def command_rates() -> Table:
    """The three lines."""
    table = new_table(f"AT and its OK, {COMMANDS} times one after the other, median of 5")
    table.add_column("line")
    table.add_column("commands/s", justify="right")
    for label, open_ports in (("memory", over_memory), ("PTY", over_pty), ("TCP", over_tcp)):
        rates = [asyncio.run(commands_a_second(open_ports)) for _ in range(5)]
        table.add_row(label, f"{statistics.median(rates):,.0f}")
    return table


def start_up() -> Table:
    """What a user waits for before anything happens."""
    table = new_table(f"start-up, median of {STARTS}")
    table.add_column("command")
    table.add_column("seconds", justify="right")
    for arguments in (["--help"], ["models"]):
        runs = []
        for _ in range(STARTS):
            began = time.perf_counter()
            command = [sys.executable, "-m", "atwin.cli", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            runs.append(time.perf_counter() - began)
        table.add_row(" ".join(["atwin", *arguments]), f"{statistics.median(runs):.3f}")
    return table


def main() -> None:
    console = Console(width=100)
    for part in (throughput, command_rates, start_up):
        console.print(part())


if __name__ == "__main__":
    main()
