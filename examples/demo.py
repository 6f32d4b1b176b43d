"""A 12 MB file through a virtual Air724UG, killed half way and resumed.

    make demo                          everything on this machine
    make demo URL=http://example.org/  that URL instead

The pieces: a file server on loopback, as slow as an LTE Cat 1 network, and `atwin get`, which
drives a twin of the module with AT commands.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atwin import Modem, Twin
from atwin.testing import File, Generated, Origin, serve_tcp

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin import LogEntry
    from atwin.testing import Stream

SIZE, SHORT_SIZE = 11_975_260, 1_500_000
SEED = 724
PATH = "/firmware.bin"
#: What Cat 1 gives at best: 10 Mbit/s, in bytes.
RATE = 1_250_000
PIECE = 16_384
WORK = Path(".demo")
#: Characters of a line of the AT dialogue that are shown.
WIDTH = 100


class SlowStream:
    """A connection whose way down is as slow as the air; `carried` hears of every piece."""

    def __init__(self, stream: Stream, carried: Callable[[int], None]) -> None:
        self._stream = stream
        self._carried = carried

    async def read(self, limit: int) -> bytes:
        """See `Stream.read`."""
        return await self._stream.read(limit)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `Stream.write`."""
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            await asyncio.sleep(len(piece) / RATE)
            await self._stream.write(piece)
            self._carried(len(piece))

    def close(self) -> None:
        """See `Stream.close`."""
        self._stream.close()


class FileServer(Origin):
    """An origin with one file on it, behind slow streams."""

    def __init__(self, size: int) -> None:
        content = Generated(size, seed=SEED)
        self.sha256 = hashlib.sha256(content.read(0, size)).hexdigest()
        self.half_way = asyncio.Event()
        super().__init__({PATH: File(content)})
        self._left = size // 2

    async def handle(self, stream: Stream) -> None:
        """Serve one connection."""
        await super().handle(SlowStream(stream, self._carried))

    def _carried(self, count: int) -> None:
        self._left -= count
        if self._left <= 0:
            self.half_way.set()


async def show_dialogue(url: str) -> None:
    """A HEAD request on a twin, every line of it."""

    def show(entry: LogEntry) -> None:
        colour = "cyan" if entry.direction == ">" else None
        click.secho(f"   {entry.direction} {entry.text[:WIDTH]}", fg=colour)

    async with Twin("air724ug") as twin, Modem(twin.port) as modem:
        await modem.bring_up()
        await modem.limits()
        modem.on_log(show)
        response = await modem.head(url)
    for name, value in response.headers.items():
        click.secho(f"     {name}: {value}", dim=True)


async def get(url: str, target: Path, *options: str) -> asyncio.subprocess.Process:
    """`atwin get` as a process of its own, on this terminal."""
    command = [sys.executable, "-m", "atwin.cli", "get", url, "-o", str(target), *options]
    click.secho(f"   $ atwin {' '.join(command[3:])}", bold=True)
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def here(size: int) -> int:
    """The demonstration; the exit code."""
    began = time.monotonic()
    target = WORK / "firmware.bin"
    server = FileServer(size)
    sha256 = server.sha256
    async with serve_tcp(server) as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        heading(1, f"A file server on this machine: {url}")
        click.echo(f"   {size:,} bytes, SHA-256 {sha256}")
        heading(2, "What the serial line carries: a HEAD through a virtual Air724UG")
        await show_dialogue(url)
        heading(3, "The download, in parts the module's buffer holds; kill -9 half way")
        process = await get(url, target)
        ended = asyncio.create_task(process.wait())
        half = asyncio.create_task(server.half_way.wait())
        await asyncio.wait((ended, half), return_when=asyncio.FIRST_COMPLETED)
        if not half.done():
            return process.returncode or 1
        process.kill()
        await ended
        done = journalled(target)
        click.echo(f"\n   killed; on disk and journalled: {done:,} bytes")
        heading(4, "The same command again")
        process = await get(url, target, "--sha256", sha256, "--json")
        told, _ = await process.communicate()
    if process.returncode != 0:
        return process.returncode or 1
    result = json.loads(told)
    found = sha256_of(target)
    right = found == sha256 and result["resumed_from"] == done
    heading(5, "Verified" if right else "NOT the file that was served")
    click.echo(f"   SHA-256 {found}")
    click.echo(
        f"   {result['parts']} parts, {result['fetched_parts']} of them after the kill,"
        f" {time.monotonic() - began:.1f} s in all"
    )
    return 0 if right else 1


def sha256_of(path: Path) -> str:
    """Of what is on disk now, whatever the program says."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def journalled(target: Path) -> int:
    """How many bytes the next run can count on."""
    done: int = json.loads(Path(f"{target}.journal").read_text())["done"]
    return done


async def there(url: str) -> int:
    """Just fetch `url`; the exit code."""
    process = await get(url, WORK / "download", "--json")
    told, _ = await process.communicate()
    if process.returncode == 0:
        click.echo(told, nl=False)
    return process.returncode or 0


def heading(number: int, text: str) -> None:
    """A step of the story."""
    click.secho(f"\n{number}. {text}", bold=True, fg="green")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", help="fetch this instead")
    parser.add_argument("--short", action="store_true", help="a smaller file")
    arguments = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    size = SHORT_SIZE if arguments.short else SIZE
    return asyncio.run(there(arguments.url) if arguments.url else here(size))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
