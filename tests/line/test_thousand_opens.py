"""A line is opened, used and closed hundreds of times, and nothing of that stays behind."""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from atwin.host.channel.channel import Channel
from atwin.line.opener import open_port
from atwin.line.ports.memory import memory_pair
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.twin.twin import Twin
from support.line.ears import leaves_nothing, settled
from support.line.lines import KINDS
from support.running.sampling import WHOLE
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.line.port import Port

OPENS = 1000 if WHOLE else 400
#: Lines at once: opening a device waits 10 ms for drivers to settle.
LINES = 10 if WHOLE else 4
#: Opens of each line before counting: what is loaded or kept once is there then.
WARM = 10


@dataclass(frozen=True, slots=True)
class Count:
    """What this process holds."""

    descriptors: int
    tasks: int
    objects: int

    @classmethod
    async def now(cls) -> Count:
        await settled()
        gc.collect()
        return cls(len(os.listdir("/dev/fd")), len(asyncio.all_tasks()), len(gc.get_objects()))


@asynccontextmanager
async def module(port: Port) -> AsyncIterator[None]:
    async with Twin("air724ug", port, network=NoNetwork()):
        yield
    await port.close()


@asynccontextmanager
async def served(kind: str) -> AsyncIterator[str]:
    """A module that stays, and the URL of its line.

    A memory line has none: it is made with both its ends, so there is a module for each open.
    """
    if kind == "memory":
        yield ""
    elif kind == "pty":
        terminal = PtyPort()
        async with module(terminal):
            yield terminal.slave_path
    elif kind == "tcp":
        server = TcpServerPort("127.0.0.1", 0)
        async with module(server):
            yield f"socket://{server.address}"
    else:
        telnet = Rfc2217ServerPort("127.0.0.1", 0)
        async with module(telnet):
            yield f"rfc2217://{telnet.address}"


async def use(host: Port) -> None:
    """What every program does: AT, OK, and away."""
    channel = Channel(host)
    await channel.synchronise()
    assert (await channel.command("AT")).ok
    await channel.close()
    # A server lets the next client in when it has seen this one leave.
    await settled()


async def open_again(url: str, times: int) -> None:
    for _ in range(times):
        if url:
            await use(await open_port(url))
        else:
            near, far = memory_pair()
            async with module(far):
                await use(near)


@pytest.mark.sampled
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_opens_leave_nothing(kind: str) -> None:
    async def line(ready: asyncio.Barrier, counted: asyncio.Barrier) -> None:
        async with served(kind) as url:
            for times in (WARM, OPENS // LINES - WARM):
                await open_again(url, times)
                await ready.wait()
                await counted.wait()

    async def main() -> None:
        ready, counted = asyncio.Barrier(LINES + 1), asyncio.Barrier(LINES + 1)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(LINES):
                tasks.create_task(line(ready, counted))
            counts = []
            for _ in range(2):
                await ready.wait()
                counts.append(await Count.now())
                await counted.wait()
        before, after = counts
        assert after.descriptors == before.descriptors
        assert after.tasks == before.tasks
        # One object kept by each open would be 90 a line; a server that has not seen its last
        # client leave yet has some 24 of it.
        assert after.objects - before.objects < 40 * LINES

    leaves_nothing(main())
