"""What is predicted on the virtual clock is what a real nginx logs, in real time."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from atwin.fleet.device.simulate import simulate
from atwin.fleet.live.live import live
from support.fleet.nginx import Logged, logging_nginx
from support.fleet.plans import planned

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row

DEVICES, SIZE = 50, 40_000
#: Runs, of which one must agree: a computer that is busy makes real time longer.
TRIES = 3


def campaign(**server: str) -> Campaign:
    """Half of the devices take parts, half a stream: a model without one and a model with one."""
    return planned(
        devices=DEVICES,
        download={"size": SIZE},
        model=[{"model": "air780e-at", "baud": 230_400}, {"model": "air724ug", "baud": 230_400}],
        arrival={"over": 1},
        server=server,
    )


def run(folder: Path) -> tuple[list[Row], Logged]:
    async def main(url: str) -> list[Row]:
        async with aclosing(live(campaign(url=url), range(DEVICES))) as rows:
            return [row async for row in rows]

    folder.mkdir()
    with logging_nginx(folder, random.Random(1).randbytes(SIZE)) as logged:
        rows = asyncio.run(main(logged.url))
    return rows, logged


@pytest.mark.waits
def test_what_is_predicted_is_what_a_real_server_logs(tmp_path: Path) -> None:
    predicted = [simulate(campaign(), number) for number in range(DEVICES)]
    down = sum(span.down for row in predicted for each in row.attempts for span in each.load)
    seconds = sum(row.connection_seconds for row in predicted)
    for number in range(TRIES):
        rows, logged = run(tmp_path / str(number))
        assert all(row.ok for row in rows), [row.error for row in rows if not row.ok]
        assert {row.device for row in rows} == set(range(DEVICES))
        assert logged.requests == pytest.approx(sum(row.requests for row in predicted), rel=0.05)
        assert logged.connections == sum(row.connections for row in rows)
        assert logged.bytes == pytest.approx(down, rel=0.05)
        felt = sum(row.connection_seconds for row in rows)
        assert logged.connection_seconds == pytest.approx(felt, rel=0.05)
        if logged.connection_seconds == pytest.approx(seconds, rel=0.05):
            return
    pytest.fail(f"nginx had {logged.connection_seconds:.1f} s, predicted are {seconds:.1f} s")
