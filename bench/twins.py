"""What a module costs: memory and CPU of its making, and memory while it works.

python -m bench.twins            200 modules of each model, each with a memory line of its own
"""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from typing import TYPE_CHECKING

from bench.paced import RATE

from atwin.clock import LoopClock, run_virtual
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS, Profile
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
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


def main() -> None:
    for model in MODELS:
        size, seconds = asyncio.run(bytes_each(model)), asyncio.run(_seconds_each(model))
        working = run_virtual(working_bytes_each(model))
        print(
            f"{model:12}  {size / 1024:5.1f} KiB idle, {working / 1024:5.1f} KiB at work beside its"
            f" buffers; made in {seconds * 1000:.2f} ms of CPU"
        )


if __name__ == "__main__":
    main()
