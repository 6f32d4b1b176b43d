"""A sample speaks for the whole fleet, and says how sure it is."""

from __future__ import annotations

import json
import time
from dataclasses import astuple, replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.campaign.population import sample
from atwin.fleet.device.row import Attempt
from atwin.fleet.estimate import Estimate, WeightedRows, estimate
from support.fleet.rows import made_row

if TYPE_CHECKING:
    from atwin.fleet.campaign.population import DeviceSpec
    from atwin.fleet.device.row import Row


def fleet(devices: int, sampled: int = 400, **more: Any) -> Campaign:
    table = {
        "devices": devices,
        "download": {"size": 100_000},
        "model": [{"model": "air780e-at", "share": 7}, {"model": "air724ug", "share": 3}],
        "faults": [{"share": 0.1}],
        "price": {"per_mb": 2, "megabyte": 1000},
        "sample": {"devices": sampled},
    }
    return Campaign.from_table("plan", table | more)


def simulated(campaign: Campaign, number: int, trial: int = 0) -> Row:
    """A device that nobody ran: slower with its model, in trouble with its faults."""
    return replace(made_row(campaign, number), **fate(campaign.device(number), trial))


def fate(device: DeviceSpec, trial: int) -> dict[str, Any]:
    dice = Random(f"{trial}/{device.number}")
    seconds = (60 if device.model.name == "air780e-at" else 200) * dice.uniform(0.9, 1.1)
    if device.faults is None:
        return {"seconds": seconds}
    seconds += dice.expovariate(1 / 300)
    tries = (Attempt(0, seconds, True, "", ()),) * dice.choice((1, 2))
    fine = dice.random() < 0.7
    return {"seconds": seconds, "attempts": tries, "ok": fine, "billed": int(seconds * 1000)}


FLEET = fleet(10_000)


def test_a_sample_is_near_the_whole() -> None:
    every = [simulated(FLEET, number) for number in range(FLEET.devices)]
    truth = estimate(FLEET, every)
    got = estimate(FLEET, [every[number] for number in sample(FLEET)])
    assert (truth.rows, got.rows, got.devices) == (10_000, 400, 10_000)
    for name, near in (
        ("billed", 0.05),
        ("connection_seconds", 0.05),
        ("seconds_mean", 0.05),
        ("seconds_median", 0.05),
        ("payload", 0),
        ("requests", 0),
    ):
        whole, part = getattr(truth, name), getattr(got, name)
        assert part.value == pytest.approx(whole.value, rel=near + 1e-9)
    for name in ("billed", "failed", "retried", "seconds_95"):
        whole, part = getattr(truth, name), getattr(got, name)
        assert part.low < whole.value < part.high
    assert got.price is not None
    assert got.price.value == pytest.approx(got.billed.value * 2 / 1000)


def test_all_devices_leave_nothing_to_chance() -> None:
    small = fleet(300)
    rows = [simulated(small, number) for number in range(300)]
    got = estimate(small, rows)
    assert astuple(got.billed) == (sum(row.billed for row in rows),) * 3
    assert got.failed.value == pytest.approx(sum(not row.ok for row in rows) / 300)
    for name in ("billed", "failed", "wrong", "seconds_mean", "seconds_median", "seconds_95"):
        figure = getattr(got, name)
        assert figure.low == figure.value == figure.high
    ordered = sorted(row.seconds for row in rows)
    assert got.seconds_median.value == pytest.approx(ordered[149])
    assert got.seconds_95.value == pytest.approx(ordered[284])


def test_order_does_not_count_and_seeds_are_fixed() -> None:
    rows = [simulated(FLEET, number) for number in sample(FLEET)[:60]]
    assert estimate(FLEET, rows, replicates=20) == estimate(FLEET, rows[::-1], replicates=20)
    json.dumps(estimate(FLEET, rows, replicates=20).as_dict(), allow_nan=False)


def test_rows_weigh_what_their_stratum_has() -> None:
    """Of a rare stratum far more are simulated than is its share."""
    rare = fleet(5000, 60, faults=[{"share": 0.02}])
    chosen = sample(rare)
    rows = [
        made_row(rare, number, billed=1000 if rare.device(number).faults else 0)
        for number in chosen
    ]
    troubled = sum(len(numbers) for kind, numbers in rare.strata().items() if kind.faults)
    assert sum(row.billed > 0 for row in rows) >= 16
    got = estimate(rare, rows)
    # Within a stratum all are alike, so there is no doubt either.
    assert astuple(got.billed) == (1000 * troubled,) * 3


TRIALS = 60


@pytest.mark.timeout(60)
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    made = fleet(400, 100)
    plain = [made_row(made, number) for number in range(made.devices)]
    devices = [made.device(number) for number in range(made.devices)]
    chosen = sample(made)
    inside = dict.fromkeys(("billed", "seconds_mean", "seconds_median", "failed"), 0)
    for trial in range(TRIALS):
        every = [replace(plain[each.number], **fate(each, trial)) for each in devices]
        truth = {
            "billed": sum(row.billed for row in every),
            "seconds_mean": sum(row.seconds for row in every) / len(every),
            "seconds_median": sorted(row.seconds for row in every)[199],
            "failed": sum(not row.ok for row in every) / len(every),
        }
        got = estimate(made, [every[number] for number in chosen], replicates=100)
        for name in inside:
            figure = getattr(got, name)
            inside[name] += figure.low <= truth[name] <= figure.high
    # Skewed values in few rows, of strata with eight: some less than 95 % is what that gives.
    assert all(0.82 <= hits / TRIALS < 1 for hits in inside.values()), inside
    assert 0.88 <= sum(inside.values()) / len(inside) / TRIALS <= 0.98, inside


def test_what_never_happened_may_happen() -> None:
    rows = [made_row(FLEET, number) for number in sample(FLEET)]
    got = estimate(FLEET, rows, replicates=10)
    assert got.failed.value == got.failed.low == 0
    assert 0.006 < got.failed.high < 0.012
    rows = [made_row(FLEET, number, ok=False) for number in sample(FLEET)]
    failed = estimate(FLEET, rows, replicates=10).failed
    assert 0.98 < failed.low < failed.value == failed.high == 1


def test_a_stratum_with_one_row_is_drawn_with_its_neighbour() -> None:
    made = fleet(1000, faults=[])
    first, second = made.strata().values()
    rows = [made_row(made, number, float(place)) for place, number in enumerate(first[:9], 1)]
    got = estimate(made, [*rows, made_row(made, second[0], 500.0)])
    assert got.seconds_mean.value == pytest.approx((5 * len(first) + 500 * len(second)) / 1000)
    assert got.seconds_mean.low < got.seconds_mean.value - 50
    assert got.notes == ()


def test_one_row_alone_is_told() -> None:
    got = estimate(fleet(1000, faults=[], model=[{"model": "air780e-at"}]), [made_row(FLEET, 3)])
    assert got.notes == ("one row is not a sample: intervals have no width",)
    assert got.seconds_mean == Estimate(60, 60, 60)


def test_strata_without_a_row_count_as_the_others_and_are_told() -> None:
    made = fleet(1000, faults=[])
    first, second = made.strata().values()
    got = estimate(made, [made_row(made, number, 7.0) for number in first[:9]])
    assert got.seconds_mean.value == pytest.approx(7)
    assert got.notes == (
        f"no row of {len(second)} devices (air724ug/link 1/none): they count as the others",
    )


def test_crashes_are_failures_and_are_told() -> None:
    rows = [made_row(FLEET, number) for number in sample(FLEET)]
    rows[0] = made_row(FLEET, rows[0].device, ok=False, cause="crash", traceback="x")
    got = estimate(FLEET, rows, replicates=10)
    assert (got.crashed, got.failed.value > 0) == (1, True)
    assert got.notes == ("1 of 400 simulations crashed and count as failed",)


def test_without_rows_there_is_nothing_to_tell() -> None:
    with pytest.raises(ValueError, match="no row"):
        estimate(FLEET, [])
    with pytest.raises(IndexError, match="device 9999: give 0 to 99"):
        estimate(fleet(100), [made_row(FLEET, 9999)])


def test_any_figure_can_be_estimated() -> None:
    rows = [made_row(FLEET, number, rungs=("reset",) * (number % 2)) for number in range(50)]
    found = WeightedRows(FLEET, rows).totals(
        {"reset": ["reset" in row.rungs for row in sorted(rows, key=lambda row: row.device)]},
        replicates=50,
    )
    assert found["reset"].low < 5000 < found["reset"].high


def test_a_thousand_rows_take_little_time() -> None:
    rows = [made_row(FLEET, number) for number in sample(FLEET.changed(sample=1000))]
    begun = time.process_time()
    estimate(FLEET, rows, replicates=100)
    # A tenth of what is drawn otherwise; 0.1 s here.
    assert time.process_time() - begun < 2
