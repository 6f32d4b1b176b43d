"""Slow links of the module and slow lines to it, on the virtual clock."""

from __future__ import annotations

import hashlib
import json
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import RequestFailedError
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from atwin.host.download.reports import Progress

SIZE = 500_000
CONTENT = Generated(SIZE, seed=4)
SHA256 = hashlib.sha256(CONTENT.read(0, SIZE)).hexdigest()
URL = "http://files.example/f"


@asynccontextmanager
async def module(
    model: str, *, bandwidth: float, rate: int | None = None, told: int | None = None
) -> AsyncIterator[tuple[Modem, Origin]]:
    """`bandwidth` in bytes/s, `rate` of the line in bit/s, `told` what the port says of it."""
    clock = LoopClock()
    network = SimulatedNetwork(clock, latency=0.2, bandwidth=bandwidth)
    origin = Origin({"/f": File(CONTENT)}, wall=clock.wall)
    network.serve("files.example", 80, origin.handle)
    near, far = memory_pair()
    if told is not None:
        near.set_line(HostSettings(told))
    async with Twin(model, far, network=network, baud=rate), Modem(near) as modem:
        await modem.bring_up()
        yield modem, origin


@pytest.mark.parametrize("bandwidth", [300, 1_250, 4_000])
@pytest.mark.parametrize("model", MODELS)
def test_slow_link(tmp_path: Path, model: str, bandwidth: int) -> None:
    async def main() -> None:
        async with module(model, bandwidth=bandwidth) as (modem, _):
            result = await modem.download(URL, tmp_path / "f", sha256=SHA256)
            # Parts that were given up are part of the price, and the largest of it.
            assert result.seconds < SIZE / bandwidth + 8 * 125
        assert result.bytes == SIZE

    run_virtual(main())


def test_slow_link_with_a_time_out_that_is_long_enough(tmp_path: Path) -> None:
    async def main() -> None:
        async with module("air724ug", bandwidth=1_250) as (modem, origin):
            result = await modem.download(URL, tmp_path / "f", sha256=SHA256, timeout=300)
            assert result.retries == 0
            assert sum(entry.method == "GET" for entry in origin.log) == 2
            with pytest.raises(RequestFailedError, match="raise the timeout"):
                await modem.get(URL, timeout=5)

    run_virtual(main())


class Killed(BaseException):
    """Stands for a SIGKILL: nothing may clean up after it."""


@pytest.mark.parametrize(
    ("model", "told"), [("air724ug", 9600), ("air724ug", None), ("air780e-at", 9600)]
)
def test_slow_line_keeps_what_came_in_the_middle_of_a_part(
    tmp_path: Path, model: str, told: int | None
) -> None:
    """A part takes 320 s, of a stream 68 s. `told` is what the host's end believes of the line."""
    target = tmp_path / "f"
    kept_at: list[float] = []

    def on_progress(progress: Progress) -> None:
        if progress.kept and (not kept_at or progress.kept > kept[-1]):
            kept_at.append(LoopClock().now())
            kept.append(progress.kept)
        if len(kept_at) == 4:
            raise Killed

    async def begin() -> None:
        async with module(model, bandwidth=50_000, rate=9600, told=told) as (modem, _):
            await modem.download(URL, target, sha256=SHA256, progress=on_progress)

    async def go_on() -> None:
        async with module(model, bandwidth=50_000, rate=9600, told=told) as (modem, _):
            result = await modem.download(URL, target, sha256=SHA256)
            assert result.resumed_from == kept[-1]

    kept: list[int] = []
    with pytest.raises(Killed):
        run_virtual(begin())
    assert json.loads((tmp_path / "f.journal").read_bytes())["done"] == kept[-1] < SIZE
    gaps = [later - earlier for earlier, later in pairwise(kept_at)]
    assert all(9 < gap < 20 for gap in gaps), gaps
    assert kept_at[0] < 40, "the header block told how slow the line is, if not the port"
    run_virtual(go_on())
