"""What twin and host cost over a PTY, and over TCP, beside the least a program can do there.

Every side at the module's end is a process of its own, with a line of its own: the twin, and a bare
program (`bench.bare`) with asyncio and one with blocking calls. Where the system puts two processes
that talk makes a factor of four, so nobody is left to it: the module's end has one processor, the
host another (with one, they share it). nginx is on the host's, which does nothing while the twin
fetches. What carries the bytes from one end of a PTY to the other is the kernel's own worker; that
stays where the kernel puts it, for each side alike.

The same blocking host reads what the bare programs and the twin say, 65,536 bytes at a time, and
the ports of this package ask for as many. The bare sources write 32,768 bytes at a time, as many as
the twin's PTY is given. All sides take turns, each of them first as often as the others, with fresh
processes now and then; each turn gives a ratio. Both bare kinds are measured, and a download is
compared with the better of them.

- Commands: `AT` and its OK, without echo. A bare program sends back what it reads.
- A file from nginx by `Modem.download`, all its commands, requests and hashes included, to a file
  in memory (what a disk costs is another matter); and only the HTTPREADs of it, by the blocking
  host. A bare source sends as many bytes.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.bare import PTY_ECHOES, PTY_SOURCES, TCP_ECHOES
from bench.children import Terminal, host_of, python, twin
from bench.figures import Figure, by_turns
from bench.file import CHUNK, SIZE, Served, served

from atwin.host.modem import Modem
from atwin.line.opener import open_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.figures import Scale

    Side = Callable[[], float]

#: Sets of fresh processes, and turns of each set.
SETS, TURNS = 5, 4
COMMANDS, FEW_COMMANDS = 2000, 500
#: A directory in memory where there is one.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None

#: The least of the bare rate: commands, and bytes of a download.
COMMAND_RATIO, BYTE_RATIO = 0.8, 0.5


def figures(scale: Scale) -> Iterator[Figure]:
    module = _two_processors()
    yield from _commands(scale, "pty", "a PTY", PTY_ECHOES, module)
    yield from _commands(scale, "tcp", "TCP", TCP_ECHOES, module, "--tcp", "127.0.0.1:0")
    with served() as file:
        yield from _bytes(scale, file, module)


def _two_processors() -> int | None:
    """This process, and those it starts, have one from now on; the module's end has the other."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    here, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {here})
    return others[0] if others else here


def _measured(scale: Scale, make: Callable[[ExitStack], list[Side]]) -> list[list[float]]:
    """The rates of each side, in the order of the turns."""
    rates: list[list[float]] = []
    for _ in range(1 if scale.short else SETS):
        with ExitStack() as stack:
            sides = make(stack)
            for side in sides:
                side()  # what only the first one needs
            runs = by_turns(scale.runs(TURNS), *sides)
        rates = [
            before + new for before, new in zip(rates or [[] for _ in runs], runs, strict=True)
        ]
    return rates


def _commands(
    scale: Scale,
    key: str,
    line: str,
    echoes: Mapping[str, str],
    module: int | None,
    *options: str,
) -> Iterator[Figure]:
    count = scale.size(COMMANDS, FEW_COMMANDS)

    def make(stack: ExitStack) -> list[Side]:
        its = stack.enter_context(twin(*options, processor=module))
        with host_of(its) as host:
            host.ask("ATE0")
        bare = [stack.enter_context(python(echoes[kind], module)) for kind in sorted(echoes)]
        ends = (b"\r\nOK\r\n", b"\r", b"\r")
        hosts = [stack.enter_context(host_of(line)) for line in (its, *bare)]
        return [
            partial(commands_a_second, host, end, count)
            for host, end in zip(hosts, ends, strict=True)
        ]

    ours, plain, blocking = _measured(scale, make)
    limit = "two system calls and a wake-up of the other process for each end, whatever it does"
    yield Figure.of_runs(
        f"{key}.commands", f"AT and its OK over {line}, by a blocking host", "/s", ours,
        "a bare asyncio echo", plain, limit=limit, goal=COMMAND_RATIO, of="ratio",
    )  # fmt: skip
    yield Figure.of_runs(
        f"{key}.echo", f"a bare asyncio echo over {line}", "/s", plain,
        "a bare blocking echo", blocking, limit=limit,
    )  # fmt: skip


def _bytes(scale: Scale, file: Served, module: int | None) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:

        def make(stack: ExitStack) -> list[Side]:
            its = stack.enter_context(twin(processor=module))
            bare = [
                stack.enter_context(python(PTY_SOURCES[kind], module))
                for kind in sorted(PTY_SOURCES)
            ]
            return [
                partial(downloaded, its, file, Path(directory) / "file"),
                partial(read_out, its, file.url),
                *(partial(bare_bytes, line) for line in bare),
            ]

        whole, read, plain, blocking = _measured(scale, make)
    kind, better = "asyncio", plain
    if statistics.median(blocking) > statistics.median(plain):
        kind, better = "blocking", blocking
    peer = f"a bare {kind} source, the better one"
    yield Figure.of_runs(
        "pty.source", "a bare asyncio source over a PTY", "MB/s", plain,
        "a bare blocking source", blocking,
        limit="a PTY's 12 KB: writer, the kernel's worker and reader wake each other for each 4 KB",
    )  # fmt: skip
    yield Figure.of_runs(
        "pty.httpread", f"parts of {CHUNK:,} bytes by HTTPREAD over a PTY, by a blocking host",
        "MB/s", read, peer, better, limit="the same",
    )  # fmt: skip
    yield Figure.of_runs(
        "pty.download", f"{SIZE:,} bytes from nginx by Modem.download over a PTY", "MB/s", whole,
        peer, better, goal=BYTE_RATIO, of="ratio",
        limit="the same, and what is done while the line rests: four commands and a request a part",
    )  # fmt: skip


def commands_a_second(host: Terminal, end: bytes, count: int) -> float:
    """`AT` until `end` comes, one after the other."""
    began = time.perf_counter()
    for _ in range(count):
        host.ask("AT", end)
    return count / (time.perf_counter() - began)


def bare_bytes(line: str) -> float:
    """MB a second from one of the sources."""
    with host_of(line) as host:
        began = time.perf_counter()
        host.write(b"%d\r" % SIZE)
        host.take(SIZE)
        return SIZE / (time.perf_counter() - began) / 1e6


def read_out(line: str, url: str) -> float:
    """MB a second: one part of `CHUNK` bytes, read again and again until about `SIZE` have come."""
    reads = SIZE // CHUNK
    answer = len(f"\r\n+HTTPREAD: {CHUNK}\r\n") + CHUNK + len("\r\nOK\r\n")
    with host_of(line) as host:
        host.ask("ATE0")
        host.ask("AT+HTTPINIT")
        host.ask(f'AT+HTTPPARA="URL","{url}"')
        host.ask(f'AT+HTTPPARA="BREAKEND",{CHUNK - 1}')
        host.ask("AT+HTTPACTION=0", f"+HTTPACTION: 0,206,{CHUNK}\r\n".encode())
        began = time.perf_counter()
        for _ in range(reads):
            host.write(b"AT+HTTPREAD\r")
            host.take(answer)
        seconds = time.perf_counter() - began
        host.ask("AT+HTTPTERM")
        return reads * CHUNK / seconds / 1e6


def downloaded(line: str, file: Served, target: Path) -> float:
    """MB a second by the host of this package."""

    async def download() -> float:
        async with Modem(await open_port(line)) as modem:
            await modem.bring_up()
            result = await modem.download(
                file.url, target, sha256=file.sha256, chunk=CHUNK, strategy="range"
            )
            return SIZE / result.seconds / 1e6

    rate = asyncio.run(download())
    target.unlink()
    return rate
