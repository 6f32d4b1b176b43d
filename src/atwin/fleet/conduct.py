"""A campaign from its devices to its figures."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.fleet.device.guard import shortened
from atwin.fleet.device.life import Life
from atwin.fleet.device.row import Row
from atwin.fleet.device.simulate import simulate
from atwin.fleet.engine.run import RunTally, run
from atwin.fleet.estimate import estimate
from atwin.fleet.live.live import live_all
from atwin.fleet.report.breakdown import break_down
from atwin.fleet.result import EngineFacts, FleetResult
from atwin.fleet.server.curves import Figures, spread_of
from atwin.fleet.server.run import LATE
from atwin.fleet.server.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.engine.executors import ExecutorFactory
    from atwin.fleet.engine.journal import RowJournal
    from atwin.fleet.server.run import ServerRun

#: What worker processes have imported before they begin.
PRELOAD = ("atwin.fleet.device.simulate",)


def simulate_all(
    campaign: Campaign,
    numbers: Sequence[int],
    executors: ExecutorFactory,
    *,
    keep: RowJournal | None = None,
    progress: Callable[[RunTally], None] = lambda tally: None,
) -> tuple[list[Row], EngineFacts]:
    """The rows of those devices by number; only those that `keep` has not are simulated.

    `progress` hears of both. Against a real server all of them are in this process.

    Raises `WorkersError`, `CampaignError` for a server that cannot be, and `DiskError`.
    """
    kept = [] if keep is None else [keep.rows[n] for n in numbers if n in keep.rows]
    there = {row.device for row in kept}
    missing = [number for number in numbers if number not in there]
    failed = sum(not row.ok for row in kept)
    began, cpu, restarts = time.monotonic(), time.process_time(), 0

    def tell(tally: RunTally) -> None:
        nonlocal restarts
        restarts = tally.restarts
        progress(RunTally(len(kept) + tally.done, failed + tally.failed, restarts))

    tell(RunTally())
    new = list[Row]()
    real = campaign.server.url is not None
    if missing and real:
        new = _in_real_time(campaign, missing, keep, tell)
    elif missing:  # else no worker has to be started
        task, lost = partial(simulate, campaign), partial(crashed, campaign)
        new = list(run(task, missing, executors, keep, tell, crashed=lost))
    facts = EngineFacts(
        "in real time" if real else executors.name,
        1 if real else executors.workers,
        time.monotonic() - began,
        time.process_time() - cpu if real else sum(row.cpu_seconds for row in new),
        restarts,
        len(kept),
    )
    return sorted([*kept, *new], key=lambda row: row.device), facts


def _in_real_time(
    campaign: Campaign,
    numbers: Sequence[int],
    keep: RowJournal | None,
    tell: Callable[[RunTally], None],
) -> list[Row]:
    tally = RunTally()

    def heard(row: Row) -> None:
        if keep is not None:
            keep.append(row)
        tally.done += 1
        tally.failed += not row.ok
        tell(tally)

    return live_all(campaign, numbers, heard=heard)


def crashed(campaign: Campaign, number: int, error: str, traceback: str) -> Row:
    """The row of a device of which nothing is known but how its simulation ended."""
    life = Life(campaign, campaign.device(number), Path())
    life.broke("crash", error, shortened(traceback), 0.0)
    return life.row(0.0)


def conclude(
    campaign: Campaign,
    rows: Sequence[Row],
    engine: EngineFacts,
    *,
    replicates: int = 0,
    command: Sequence[str] = (),
) -> FleetResult:
    """What the rows say of the whole fleet, at its server too.

    It is played there as many times more as `replicates` says, 0 or at least 2, with other seeds.
    `command` are the words of `atwin fleet` that say which campaign it is.

    Raises `UsageError` without SimPy, and `ValueError` without any row.
    """
    whole = len(rows) == campaign.devices
    estimates = estimate(campaign, rows)
    served = serve(campaign, rows, whole=whole)
    others = (
        serve(campaign, rows, replicate=number, whole=whole) for number in range(1, replicates + 1)
    )
    played = [Figures.of(served), *map(Figures.of, others)]
    return FleetResult(
        campaign,
        rows,
        estimates,
        served,
        spread_of(played) if replicates else None,
        break_down(campaign, rows),
        engine,
        (*estimates.notes, *served.notes, *_not_alone(served)),
        command or ("atwin", "fleet", campaign.name),
    )


def _not_alone(run: ServerRun) -> Iterator[str]:
    """What estimates, which are of devices alone with the server, do not count."""
    if run.never_started:
        yield (
            f"bill, causes and recovery are of all devices, as if the {run.never_started:,} that "
            "were never told to begin had been"
        )
    if late := run.causes.get(LATE):
        yield (
            f"bill, causes and recovery are as if the {late:,} that were not through when it was "
            "over had gone on to their end"
        )
    if run.refused:
        yield (
            f"the bill has nothing of the {run.refused:,} attempts that the server refused, and "
            "nothing less for devices that gave up for that"
        )
