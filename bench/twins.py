"""What a module costs: memory and CPU of its making, and memory while it works.

200 modules of each model, each with a memory line of its own.
"""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from typing import TYPE_CHECKING

from bench.figures import Figure, by_turns
from bench.paced import RATE
from bench.plain import awaits_a_second

from atwin.clock import LoopClock, run_virtual
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS, Profile
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

    from atwin.line.ports.memory import MemoryPort

COUNT = 200
#: Bytes of the response that a working module has in its buffer.
BODY = 3000

_ASKS = (
    "ATE0",
    'AT+SAPBR=3,1,"CONTYPE","GPRS"',
    "AT+SAPBR=1,1",
    "AT+HTTPINIT",
    'AT+HTTPPARA="CID",1',
    'AT+HTTPPARA="URL","http://198.51.100.1/f"',
    "AT+HTTPACTION=0",
)


def make(model: str | Profile, count: int) -> list[Twin]:
    """Modules that have booted and to which nothing has been sent."""
    network = SimulatedNetwork(LoopClock())
    return [Twin(model, memory_pair()[1], network=network) for _ in range(count)]


async def bytes_each(model: str) -> float:
    """Of memory, the line included."""
    kept = make(model, 1)  # what all of them share
    gc.collect()
    tracemalloc.start()
    try:
        kept += make(model, COUNT)
        await asyncio.sleep(0)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / COUNT
    finally:
        tracemalloc.stop()
        for twin in kept:
            await twin.close()


class _Asking:
    """A host that says each command after the result of the one before, and keeps nothing."""

    def __init__(self, port: MemoryPort) -> None:
        self._port = port
        self._asks = iter(_ASKS)
        port.start(self)
        self._next()

    def received(self, data: bytes) -> None:
        if b"+HTTPACTION:" in data:
            self._port.write(b"AT+HTTPREAD\r")
        elif b"OK\r\n" in data:
            self._next()

    def lost(self, reason: str | None) -> None:
        """Of no interest."""

    def _next(self) -> None:
        if (ask := next(self._asks, None)) is not None:
            self._port.write(f"{ask}\r".encode())


async def working_bytes_each(model: str, count: int = COUNT) -> float:
    """Of memory, in the middle of an answer over a paced line.

    The response in its buffer, and that on its way to the host, are left out; its line, its
    connection and the server's end of that are in it.
    """
    clock = LoopClock()
    network = SimulatedNetwork(clock)
    files: dict[str, File] = {"/f": File(Generated(BODY))}
    network.serve("198.51.100.1", 80, Origin({**files}, wall=clock.wall).handle)
    kept: list[Twin] = []

    async def work(number: int) -> None:
        for _ in range(number):
            near, far = memory_pair()
            near.set_line(HostSettings(RATE))
            kept.append(Twin(model, far, network=network, baud=RATE))
            _Asking(near)
        uart = kept[-1].module.hardware.uart
        while uart.sent_bytes < BODY // 2:
            await clock.sleep(0.01)

    await work(1)
    gc.collect()
    tracemalloc.start()
    try:
        await work(count)
        left = kept[-1].module.hardware.uart.output.lane.pending
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / count - BODY - left
    finally:
        tracemalloc.stop()
        for twin in kept:
            await twin.close()


async def _seconds_each(model: str) -> float:
    twins = make(model, 1)
    began = time.process_time()
    twins += make(model, COUNT)
    seconds = time.process_time() - began
    for twin in twins:
        await twin.close()
    return seconds / COUNT


async def reader_bytes() -> float:
    """Of memory, of the reading half of a bare connection: the least there is to compare with."""
    loop = asyncio.get_running_loop()

    def one() -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), loop=loop)

    kept = [one()]
    gc.collect()
    tracemalloc.start()
    try:
        kept += [one() for _ in range(COUNT)]
        return tracemalloc.get_traced_memory()[0] / COUNT
    finally:
        tracemalloc.stop()


def figures(scale: Scale) -> Iterator[Figure]:
    reader = [asyncio.run(reader_bytes()) / 1024]
    for model in MODELS[:2] if scale.short else MODELS:
        yield Figure.of_runs(
            f"idle.{model}", f"{model}: memory when idle, with its line", "KiB",
            [asyncio.run(bytes_each(model)) / 1024], "an asyncio.StreamReader", reader,
            limit="its objects: NVRAM, UART, line, and the chapters that were asked for",
            goal=20.0, better="less",
        )  # fmt: skip
    for model in () if scale.short else MODELS:
        yield Figure.of_runs(
            f"working.{model}", f"{model}: memory amid HTTPREAD, beside its buffers", "KiB",
            [run_virtual(working_bytes_each(model)) / 1024], "an asyncio.StreamReader", reader,
            limit="the same, and its connection with both ends",
            goal=25.0, better="less",
        )  # fmt: skip
    for model in MODELS[:2] if scale.short else MODELS:
        asyncio.run(_seconds_each(model))  # what is made once
        seconds, plain = by_turns(
            scale.runs(5),
            lambda model=model: asyncio.run(_seconds_each(model)) * 1000,  # type: ignore[misc]
            lambda: 1e7 / awaits_a_second(),
        )
        yield Figure.of_runs(
            f"making.{model}", f"{model}: CPU of making one", "ms", seconds,
            "10,000 empty coroutines awaited", plain, better="less",
            limit="its objects",
        )  # fmt: skip
