"""What is predicted on the virtual clock is what a real nginx logs, in real time."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing, suppress
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

DEVICES, SIZE = 30, 30_000
#: How far prediction and log may be apart; and in seconds of a computer that does other things
#: meanwhile, as in `make test`, which real time cannot bear.
APART, APART_BUSY = 0.05, 0.4
#: Runs until one agrees: what others do on this computer meanwhile is nothing that we could know.
RUNS = 4


def campaign(**server: str) -> Campaign:
    """Half of the devices take parts, half a stream: a model without one and a model with one."""
    return planned(
        devices=DEVICES,
        download={"size": SIZE},
        model=[{"model": "air780e-at", "baud": 115_200}, {"model": "air724ug", "baud": 115_200}],
        arrival={"over": 1.5},
        server=server,
    )


def run(folder: Path) -> tuple[list[Row], Logged]:
    async def main(url: str) -> list[Row]:
        async with aclosing(live(campaign(url=url), range(DEVICES))) as rows:
            return [row async for row in rows]

    with logging_nginx(folder, random.Random(1).randbytes(SIZE)) as logged:
        rows = asyncio.run(main(logged.url))
    return rows, logged


@pytest.mark.waits
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "apart", [APART_BUSY, pytest.param(APART, marks=pytest.mark.sampled("apart", keep=0))]
)
def test_what_is_predicted_is_what_a_real_server_logs(apart: float, tmp_path: Path) -> None:
    predicted = [simulate(campaign(), number) for number in range(DEVICES)]
    for _ in range(RUNS - 1):
        with suppress(AssertionError):
            return agree(tmp_path, predicted, apart)
    return agree(tmp_path, predicted, apart)


def agree(folder: Path, predicted: list[Row], apart: float) -> None:
    rows, logged = run(folder)
    assert {row.device for row in rows if row.ok} == set(range(DEVICES))
    assert logged.requests == pytest.approx(sum(row.requests for row in predicted), rel=APART)
    assert logged.connections == sum(row.connections for row in rows)
    down = sum(span.down for row in predicted for each in row.attempts for span in each.load)
    assert logged.bytes == pytest.approx(down, rel=APART)
    felt = sum(row.connection_seconds for row in rows)
    assert logged.connection_seconds == pytest.approx(felt, rel=apart)
    seconds = sum(row.connection_seconds for row in predicted)
    assert logged.connection_seconds == pytest.approx(seconds, rel=apart)
