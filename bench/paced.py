"""A host, its module and a server, joined by a paced memory line and a simulated network."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Fixed, Generated, Origin, Sink
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from contextlib import AsyncExitStack
    from pathlib import Path

    from atwin.host.download.order import Strategy

RATE = 115200
#: Seconds one way, and bytes a second: a usual cell.
DELAY, DOWNLINK = 0.05, 60e3
#: How each model downloads best.
MODELS: dict[str, Strategy] = {"air780e-at": "stream", "air780e-lsat": "range", "air724ug": "range"}

_URL = "http://198.51.100.1/f"


class Job:
    """The file that is downloaded, of `size` bytes."""

    def __init__(self, size: int) -> None:
        self.size = size
        content = Generated(size, seed=1)
        self._sha256 = hashlib.sha256(content.read(0, size)).hexdigest()
        self._files: dict[str, File | Fixed | Sink] = {"/f": File(content)}

    async def host(self, stack: AsyncExitStack, model: str) -> Modem:
        """A module of its own line and network, brought up; `stack` ends both."""
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=DELAY, bandwidth=DOWNLINK)
        network.serve("198.51.100.1", 80, Origin(self._files, wall=clock.wall).handle)
        near, far = memory_pair()
        near.set_line(HostSettings(RATE))
        await stack.enter_async_context(Twin(model, far, network=network, baud=RATE))
        modem = await stack.enter_async_context(Modem(near))
        await modem.bring_up()
        return modem

    async def download(self, modem: Modem, model: str, target: Path) -> float:
        """The file, checked by its hash; seconds it took on the loop's clock."""
        clock = asyncio.get_running_loop()
        began = clock.time()
        await modem.download(_URL, target, strategy=MODELS[model], sha256=self._sha256)
        return clock.time() - began
