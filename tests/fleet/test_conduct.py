"""A whole fleet: the same on every engine, and a sample says what a run of all says."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.campaign.population import sample
from atwin.fleet.conduct import PRELOAD, conclude, crashed, simulate_all
from atwin.fleet.device.simulate import simulate
from atwin.fleet.engine.executors import InThisProcess
from atwin.fleet.engine.processes import Processes
from atwin.fleet.engine.run import RunTally, run
from atwin.fleet.estimate import estimate
from support.fleet.tasks import Deadly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from atwin.fleet.device.row import Row

#: All of them are simulated; what a fleet of 50,000 comes to follows from as many.
DEVICES = 80
CAMPAIGN = Campaign.from_table(
    "plan",
    {
        "devices": DEVICES,
        "download": {"size": "10K"},
        "model": [
            {"model": "air780e-at", "share": 6},
            {"model": "air724ug", "share": 3, "baud": "max"},
        ],
        "link": [{"share": 8}, {"share": 2, "rtt": 0.5, "loss": 0.02, "outages": 2}],
        "faults": [{"share": 0.2, "plan": "random"}],
        # Short, or the bill of a few dozen devices is that of the one that never gives up.
        "retry": {"attempts": 2, "after": ["1 min"], "give_up": "1 min"},
    },
)
LARGE = CAMPAIGN.changed(devices=50_000, sample=DEVICES)


def timeless(rows: Iterable[Row]) -> list[Row]:
    """By number, without the one thing that differs between two runs."""
    found = sorted(rows, key=lambda row: row.device)
    return [replace(row, cpu_seconds=0.0) for row in found]


@pytest.fixture(scope="module")
def rows() -> Mapping[int, Row]:
    """Of all devices of the small fleet and a sample of the large one, by two workers."""
    wanted = sorted({*range(DEVICES), *sample(LARGE)})
    found, facts = simulate_all(LARGE, wanted, Processes(2, PRELOAD))
    assert [row.device for row in found] == wanted
    assert (facts.name, facts.workers, facts.restarts, facts.resumed) == ("processes", 2, 0, 0)
    return {row.device: row for row in found}


def test_no_wrong_file_and_no_crash(rows: Mapping[int, Row]) -> None:
    assert not any(row.wrong or row.traceback for row in rows.values())
    assert any(row.fired for row in rows.values())


def test_a_sample_tells_what_a_run_of_all_tells(rows: Mapping[int, Row]) -> None:
    whole = estimate(CAMPAIGN, [rows[number] for number in range(DEVICES)])
    assert whole.billed.low == whole.billed.high
    few = sample(CAMPAIGN.changed(sample=1))
    assert len(few) < 0.7 * DEVICES
    part = estimate(CAMPAIGN, [rows[number] for number in few])
    for name in ("billed", "payload", "requests", "connections", "seconds_mean"):
        found, truth = getattr(part, name), getattr(whole, name).value
        assert found.low * 0.999 <= truth <= found.high * 1.001, name
    assert part.billed.low < part.billed.high
    assert part.billed.value == pytest.approx(whole.billed.value, rel=0.05)
    large = estimate(LARGE, [rows[number] for number in sample(LARGE)])
    each = large.billed.value / LARGE.devices
    assert each == pytest.approx(whole.billed.value / DEVICES, rel=0.05)


def test_the_fleet_at_its_server(rows: Mapping[int, Row]) -> None:
    campaign = CAMPAIGN
    kept, facts = simulate_all(campaign, range(3), InThisProcess())
    result = conclude(campaign, [rows[number] for number in range(DEVICES)], facts, replicates=2)
    assert result.spread is not None
    assert result.spread.runs == 3
    assert result.run.done + result.run.failed == DEVICES
    assert result.as_dict()["server"]["done"] == result.run.done
    assert timeless(kept) == timeless(rows[number] for number in range(3))


def test_a_device_that_takes_its_worker_with_it(tmp_path: Path) -> None:
    """Its row has what was planned for it."""
    task = Deadly(tmp_path, (2,), 9, partial(simulate, CAMPAIGN))
    tallies = list[RunTally]()
    found = timeless(
        run(
            task, range(4), Processes(2, PRELOAD), None, tallies.append,
            crashed=partial(crashed, CAMPAIGN),
        )
    )  # fmt: skip
    rows = timeless(simulate(CAMPAIGN, number) for number in range(4))
    lost, planned = found.pop(2), rows.pop(2)
    assert found == rows
    assert (lost.cause, lost.ok, lost.wrong) == ("crash", False, False)
    names = ("seed", "stratum", "model", "link", "faults")
    assert [getattr(lost, n) for n in names] == [getattr(planned, n) for n in names]
    assert tallies[-1].restarts == 4
