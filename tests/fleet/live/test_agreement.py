"""What is predicted on the virtual clock is what a real nginx logs, in real time."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from atwin.fleet.device.simulate import simulate
from atwin.fleet.live.live import live
from support.fleet.nginx import Logged, logging_nginx
from support.fleet.plans import planned

if TYPE_CHECKING:
    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row

DEVICES, SIZE = 30, 30_000
#: How far prediction and log may be apart; and on a computer that lets this program wait for a
#: processor for more than that share of the time, which real time cannot bear.
APART, BUSY, APART_BUSY = 0.05, 0.1, 0.4
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


def waited() -> float:
    """Seconds that this thread has waited for a processor."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except FileNotFoundError:
        return 0.0


@pytest.mark.waits
@pytest.mark.timeout(300)
def test_what_is_predicted_is_what_a_real_server_logs(tmp_path: Path) -> None:
    predicted = [simulate(campaign(), number) for number in range(DEVICES)]
    for _ in range(RUNS - 1):
        with suppress(AssertionError):
            return agree(tmp_path, predicted)
    return agree(tmp_path, predicted)


def agree(folder: Path, predicted: list[Row]) -> None:
    began, before = time.monotonic(), waited()
    rows, logged = run(folder)
    busy = (waited() - before) / (time.monotonic() - began)
    assert {row.device for row in rows if row.ok} == set(range(DEVICES))
    assert logged.requests == pytest.approx(sum(row.requests for row in predicted), rel=APART)
    assert logged.connections == sum(row.connections for row in rows)
    down = sum(span.down for row in predicted for each in row.attempts for span in each.load)
    assert logged.bytes == pytest.approx(down, rel=APART)
    felt = sum(row.connection_seconds for row in rows)
    assert logged.connection_seconds == pytest.approx(felt, rel=APART)
    seconds = sum(row.connection_seconds for row in predicted)
    apart = APART if busy < BUSY else APART_BUSY
    assert logged.connection_seconds == pytest.approx(seconds, rel=apart), busy
