"""A 12 MB file through a virtual Air724UG, killed half way and resumed.

    make demo                          everything on this machine
    make demo URL=http://example.org/  that URL instead

The pieces: a file server on loopback, a relay that lets through what an LTE Cat 1 network
would, and `atwin get`, which drives a twin of the module with AT commands.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import shutil
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from atwin.cli.modem import ready_modem
from atwin.net.origin import Origin, serve_tcp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.host import LogEntry

SIZE, SHORT_SIZE = 11_975_260, 1_500_000
SEED = 724
#: What Cat 1 gives at best: 10 Mbit/s, in bytes.
RATE = 1_250_000
PIECE = 16_384
WORK = Path(".demo")
#: Characters of a line of the AT dialogue that are shown.
WIDTH = 100

console = Console(highlight=False, soft_wrap=True)


class Relay:
    """Carries TCP connections to the server, the answers at `RATE` bytes a second."""

    def __init__(self, host: str, port: int) -> None:
        self.carried = 0
        self._to = (host, port)
        self._wanted = 0
        self._reached = asyncio.Event()

    async def has_carried(self, count: int) -> None:
        """Wait until so many bytes have come down."""
        self._wanted = count
        await self._reached.wait()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        from_server, to_server = await asyncio.open_connection(*self._to)
        up = asyncio.create_task(self._up(reader, to_server))
        try:
            while piece := await from_server.read(PIECE):
                await asyncio.sleep(len(piece) / RATE)
                writer.write(piece)
                await writer.drain()
                self.carried += len(piece)
                if self._wanted and self.carried >= self._wanted:
                    self._reached.set()
        except ConnectionError:
            pass  # the module was killed: that is what this is about
        finally:
            up.cancel()
            writer.close()
            to_server.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def internet(size: int) -> AsyncIterator[tuple[str, Relay, str]]:
    """The file's URL behind the relay, the relay, and the file's SHA-256."""
    origin = Origin()
    content = origin.add_random("/firmware.bin", size, seed=SEED)
    async with serve_tcp(origin, "127.0.0.1", 0) as server:
        relay = Relay("127.0.0.1", server.port)
        async with await asyncio.start_server(relay.handle, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            sha256 = hashlib.sha256(content).hexdigest()
            yield f"http://127.0.0.1:{port}/firmware.bin", relay, sha256


async def show_dialogue(url: str) -> None:
    """A HEAD request on a twin, every line of it."""

    def show(entry: LogEntry) -> None:
        colour = "cyan" if entry.direction == ">" else "default"
        console.print(f"   {entry.direction} {entry.text[:WIDTH]}", style=colour, markup=False)

    async with ready_modem("twin://air724ug") as modem:
        await modem.limits()
        modem.channel.on_log(show)
        response = await modem.head(url)
    for name, value in response.headers.items():
        console.print(f"     {name}: {value}", style="dim", markup=False)


async def get(url: str, target: Path, *options: str) -> asyncio.subprocess.Process:
    """`atwin get` as a process of its own, on this terminal."""
    command = [sys.executable, "-m", "atwin.cli", "get", url, "-o", str(target), *options]
    console.print(f"   $ atwin {' '.join(command[3:])}", style="bold", markup=False)
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def here(size: int) -> int:
    """The demonstration; the exit code."""
    began = time.monotonic()
    target = WORK / "firmware.bin"
    async with internet(size) as (url, relay, sha256):
        heading(1, f"A file server on this machine: {url}")
        console.print(f"   {size:,} bytes, SHA-256 {sha256}")
        heading(2, "What the serial line carries: a HEAD through a virtual Air724UG")
        await show_dialogue(url)
        heading(3, "The download, in parts the module's buffer holds; kill -9 half way")
        process = await get(url, target)
        ended = asyncio.create_task(process.wait())
        half = asyncio.create_task(relay.has_carried(size // 2))
        await asyncio.wait((ended, half), return_when=asyncio.FIRST_COMPLETED)
        if not half.done():
            return process.returncode or 1
        process.kill()
        await ended
        console.show_cursor()  # the bar had hidden it
        done = journalled(target)
        console.print(f"\n   killed; on disk and journalled: {done:,} bytes")
        heading(4, "The same command again")
        process = await get(url, target, "--sha256", sha256, "--json")
        told, _ = await process.communicate()
    if process.returncode != 0:
        return process.returncode or 1
    result = json.loads(told)
    found = sha256_of(target)
    right = found == sha256 and result["resumed_from"] == done
    heading(5, "Verified" if right else "NOT the file that was served")
    console.print(f"   SHA-256 {found}")
    console.print(
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
        console.print_json(told.decode())
    return process.returncode or 0


def heading(number: int, text: str) -> None:
    """A step of the story."""
    console.print(f"\n{number}. {text}", style="bold green", markup=False)


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
