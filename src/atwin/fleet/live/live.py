"""Devices of a campaign in real time: the same twins and hosts, and a server that is there."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.disk.scratch import scratch_folder
from atwin.fleet.campaign.coming import Coming
from atwin.fleet.campaign.keys import CampaignError
from atwin.fleet.device.life import Life
from atwin.fleet.live.server import look_at
from atwin.session.together import allow_open

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row
    from atwin.plan.job import RealServer

#: Files and connections of one device, and of all together.
_OPEN, _SHARED = 8, 64


async def live(
    campaign: Campaign,
    numbers: Sequence[int],
    *,
    concurrently: int | None = None,
    server: RealServer | None = None,
) -> AsyncGenerator[Row, None]:
    """The row of each of those devices, as soon as it is there, all in this process.

    Each comes when the campaign's arrival says, counted from now, and does in real time what it
    does on the virtual clock, at the server of `[server] url`: a real twin on a line in memory,
    with its baud and faults, behind a simulated link with the rates, delay, loss and outages of its
    class, and the real host, with the campaign's attempts and waits. At most `concurrently` are
    under way at once; one that comes then waits. `server` is what `look_at` found. What breaks is
    a row with the cause `crash`.

    Windows, stages, an abort and the end of a campaign are no matter of this: they decide about a
    whole fleet (`atwin.fleet.server`). Raises `CampaignError` as `look_at` does, and for more
    devices at once than this process may have files open.
    """
    at_once = min(len(numbers), concurrently or len(numbers))
    needed = _SHARED + _OPEN * at_once
    allowed = allow_open(needed)
    if allowed is not None and allowed < needed:
        raise CampaignError(
            f"{at_once:,} devices at once need {needed:,} open files and connections, and the "
            f"system allows this process {allowed:,}: raise that (ulimit -n), or take fewer"
        )
    server = server or await look_at(campaign)
    limit, began = asyncio.Semaphore(max(1, at_once)), asyncio.get_running_loop().time()

    async def one(number: int) -> Row:
        came = began + arrival(campaign, number)
        await asyncio.sleep(came - asyncio.get_running_loop().time())
        async with limit:
            return await _lived(campaign, number, server)

    tasks = [asyncio.ensure_future(one(number)) for number in numbers]
    try:
        for ended in asyncio.as_completed(tasks):
            yield await ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def live_all(
    campaign: Campaign,
    numbers: Sequence[int],
    *,
    concurrently: int | None = None,
    heard: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """The same for programs without asyncio: `heard` has each row as soon as it is there.

    Raises `CampaignError`, and what `heard` raises: then nothing more happens.
    """

    async def collect() -> list[Row]:
        rows = []
        async with aclosing(live(campaign, numbers, concurrently=concurrently)) as coming:
            async for row in coming:
                heard(row)
                rows.append(row)
        return rows

    return asyncio.run(collect())


def arrival(campaign: Campaign, number: int) -> float:
    """Seconds after the start at which a device comes, as in the model of the whole fleet."""
    return Coming.of(campaign, number).arrival


async def _lived(campaign: Campaign, number: int, server: RealServer) -> Row:
    life = Life(campaign, campaign.device(number), Path(), server)
    began = time.monotonic()
    try:
        with scratch_folder(campaign.download.size) as life.folder:
            await life.live()
    except Exception as error:
        life.crashed(error, time.monotonic() - began)
    return life.row(0.0)
