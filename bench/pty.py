"""What twin and host cost over a PTY, and over TCP, beside the least a program can do there.

Every side at the module's end is a process of its own, with a line of its own: the twin, and a bare
program (`bench.bare`) with asyncio and one with blocking calls. Where the system puts two processes
that talk makes a factor of four, so nobody is left to it: the module's end has one processor, the
host another (with one, they share it). nginx is on the host's, which does nothing while the twin
fetches. What carries the bytes from one end of a PTY to the other is the kernel's own worker; that
stays where the kernel puts it, for each side alike.

The same blocking host reads what the bare programs and the twin say, 65,536 bytes at a time, and
the ports of this package ask for as many. The bare sources write 32,768 bytes at a time, as many as
the twin's PTY is given. All sides take turns, another one first each time, with fresh processes now
and then; each turn gives a ratio. Both bare kinds are measured, and a download is compared with the
better of them.

- Commands: `AT` and its OK, without echo. A bare program sends back what it reads.
- A file from nginx by `Modem.download`, all its commands, requests and hashes included, to a file
  in memory (what a disk costs is another matter); and only the HTTPREADs of it, by the blocking
  host. A bare source sends as many bytes.
- Where the time of a download goes: the part of it in which the line brings bodies, and the CPU of
  each end beside that of the bare one. CPU does not depend on who else uses the machine.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.bare import PTY_ECHOES, PTY_SOURCES, TCP_ECHOES
from bench.children import Child, Terminal, host_of, python, twin, two_processors
from bench.figures import Figure, by_turns
from bench.file import CHUNK, SIZE, Served, served

from atwin.host.modem import Modem
from atwin.line.opener import open_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.figures import Scale

    from atwin.host.channel.channel import LogEntry

    Side = Callable[[], "Spent"]

#: Sets of fresh processes, and turns of each set.
SETS, TURNS = 5, 4
COMMANDS, FEW_COMMANDS = 2000, 500
#: A directory in memory where there is one.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None

#: The least of the bare rate: commands over a PTY, and bytes of a download.
COMMAND_RATIO, BYTE_RATIO = 0.8, 0.5

#: A command that brings a body over the line.
_READ = "AT+HTTPREAD"


@dataclass
class Spent:
    """What one run took: seconds, CPU seconds of both ends, and seconds in which bodies came."""

    #: Commands or MB.
    amount: float
    seconds: float = 0.0
    host: float = 0.0
    module: float = 0.0
    reading: float = 0.0
    reads_since: float | None = None

    @property
    def rate(self) -> float:
        """A second."""
        return self.amount / self.seconds


@contextmanager
def _watched(amount: float, module: Child) -> Iterator[Spent]:
    """What the block takes."""
    spent = Spent(amount)
    its, ours, began = module.cpu, time.process_time(), time.perf_counter()
    yield spent
    spent.seconds = time.perf_counter() - began
    spent.host, spent.module = time.process_time() - ours, module.cpu - its


def figures(scale: Scale) -> Iterator[Figure]:
    processor = two_processors()
    yield from _commands(scale, "pty", "a PTY", PTY_ECHOES, processor)
    yield from _commands(scale, "tcp", "TCP", TCP_ECHOES, processor, "--tcp", "127.0.0.1:0")
    with served() as file:
        yield from _bytes(scale, file, processor)


def _measured(scale: Scale, make: Callable[[ExitStack], list[Side]]) -> list[list[Spent]]:
    """What each side spent, in the order of the turns."""
    kept: list[list[Spent]] = []

    def keep(side: Side, into: list[Spent]) -> float:
        into.append(side())
        return 0.0

    for _ in range(1 if scale.short else SETS):
        with ExitStack() as stack:
            sides = make(stack)
            kept = kept or [[] for _ in sides]
            for side in sides:
                side()  # what only the first one needs
            turns = [partial(keep, *one) for one in zip(sides, kept, strict=True)]
            by_turns(scale.runs(TURNS), *turns)
    return kept


def _commands(
    scale: Scale,
    key: str,
    line: str,
    echoes: Mapping[str, str],
    processor: int | None,
    *options: str,
) -> Iterator[Figure]:
    count = scale.size(COMMANDS, FEW_COMMANDS)

    def make(stack: ExitStack) -> list[Side]:
        its = stack.enter_context(twin(*options, processor=processor))
        with host_of(its.line) as host:
            host.ask("ATE0")
        bare = [stack.enter_context(python(echoes[kind], processor)) for kind in sorted(echoes)]
        return [
            partial(asked, child, stack.enter_context(host_of(child.line)), end, count)
            for child, end in zip((its, *bare), (b"\r\nOK\r\n", b"\r", b"\r"), strict=True)
        ]

    ours, plain, blocking = ([one.rate for one in side] for side in _measured(scale, make))
    limit = "a write, a wake-up of the other process and a read at each end, whatever it does"
    yield Figure.of_runs(
        f"{key}.commands", f"AT and its OK over {line}, by a blocking host", "/s", ours,
        "a bare asyncio echo", plain, limit=limit, goal=COMMAND_RATIO if key == "pty" else None,
        of="ratio",
    )  # fmt: skip
    yield Figure.of_runs(
        f"{key}.echo", f"a bare asyncio echo over {line}", "/s", plain,
        "a bare blocking echo", blocking, limit=limit,
    )  # fmt: skip


def _bytes(scale: Scale, file: Served, processor: int | None) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:

        def make(stack: ExitStack) -> list[Side]:
            its = stack.enter_context(twin(processor=processor))
            sources = [PTY_SOURCES[kind] for kind in sorted(PTY_SOURCES)]
            bare = [stack.enter_context(python(source, processor)) for source in sources]
            return [
                partial(downloaded, its, file, Path(directory) / "file"),
                partial(read_out, its, file.url),
                *(partial(sent, child) for child in bare),
            ]

        whole, read, plain, blocking = _measured(scale, make)
    kind, better = max(
        (("asyncio", plain), ("blocking", blocking)),
        key=lambda one: statistics.median(run.rate for run in one[1]),
    )
    bare, peer = [run.rate for run in better], f"a bare {kind} source, the better one"
    yield Figure.of_runs(
        "pty.source", "a bare asyncio source over a PTY", "MB/s", [run.rate for run in plain],
        "a bare blocking source", [run.rate for run in blocking],
        limit="a PTY holds 12 KB: writer, kernel and reader wake each other for each 4 KB",
    )  # fmt: skip
    yield Figure.of_runs(
        "pty.httpread", f"parts of {CHUNK:,} bytes by HTTPREAD over a PTY, by a blocking host",
        "MB/s", [run.rate for run in read], peer, bare, limit="the same",
    )  # fmt: skip
    yield Figure.of_runs(
        "pty.download", f"{SIZE:,} bytes from nginx by Modem.download over a PTY", "MB/s",
        [run.rate for run in whole], peer, bare, goal=BYTE_RATIO, of="ratio",
        limit="the same while bodies come (pty.line), then CPU (pty.host_cpu, pty.module_cpu)",
    )  # fmt: skip
    yield Figure.of_runs(
        "pty.line", "part of that download in which the line brings bodies", "%",
        [100 * run.reading / run.seconds for run in whole],
        limit="in the rest the twin fetches the next part, and the host keeps the last one",
    )  # fmt: skip
    for key, end, other, limit in (
        ("host", "host", "blocking reader", "reads of 4 KB; then hashes and commands"),
        ("module", "twin", f"{kind} source", "writes of 5 KB; then the requests"),
    ):
        yield Figure.of_runs(
            f"pty.{key}_cpu", f"CPU of the {end} for a MB of that download", "ms",
            [1e3 * getattr(run, key) / run.amount for run in whole],
            f"of the bare {other}", [1e3 * getattr(run, key) / run.amount for run in better],
            limit=limit, better="less",
        )  # fmt: skip


def asked(module: Child, host: Terminal, end: bytes, count: int) -> Spent:
    """`AT` until `end` comes, one after the other."""
    with _watched(count, module) as spent:
        for _ in range(count):
            host.ask("AT", end)
    return spent


def sent(source: Child) -> Spent:
    """As many bytes as the file has, from one of the sources."""
    with host_of(source.line) as host, _watched(SIZE / 1e6, source) as spent:
        host.write(b"%d\r" % SIZE)
        host.take(SIZE)
    return spent


def read_out(module: Child, url: str) -> Spent:
    """One part of `CHUNK` bytes, read again and again until about as many have come."""
    reads = SIZE // CHUNK
    answer = len(f"\r\n+HTTPREAD: {CHUNK}\r\n") + CHUNK + len("\r\nOK\r\n")
    with host_of(module.line) as host:
        host.ask("ATE0")
        host.ask("AT+HTTPINIT")
        host.ask(f'AT+HTTPPARA="URL","{url}"')
        host.ask(f'AT+HTTPPARA="BREAKEND",{CHUNK - 1}')
        host.ask("AT+HTTPACTION=0", f"+HTTPACTION: 0,206,{CHUNK}\r\n".encode())
        with _watched(reads * CHUNK / 1e6, module) as spent:
            for _ in range(reads):
                host.write(b"AT+HTTPREAD\r")
                host.take(answer)
        host.ask("AT+HTTPTERM")
    return spent


def downloaded(module: Child, file: Served, target: Path) -> Spent:
    """The file by the host of this package."""

    async def download() -> Spent:
        async with Modem(await open_port(module.line)) as modem:
            await modem.bring_up()
            with _watched(SIZE / 1e6, module) as spent:
                modem.on_log(partial(_read, spent))
                await modem.download(
                    file.url, target, sha256=file.sha256, chunk=CHUNK, strategy="range"
                )
            return spent

    spent = asyncio.run(download())
    target.unlink()
    return spent


def _read(spent: Spent, entry: LogEntry) -> None:
    """From each HTTPREAD to its OK."""
    if entry.text.startswith(_READ):
        spent.reads_since = entry.time
    elif spent.reads_since is not None and entry.text == "OK":
        spent.reading += entry.time - spent.reads_since
        spent.reads_since = None
