"""Who the devices of a fleet are, and which of them are simulated."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.campaign.population import LEAST, Stratum, allocated, sample


def fleet(devices: int = 20_000, seed: int = 1, **more: Any) -> Campaign:
    table = {
        "devices": devices,
        "seed": seed,
        "download": {"size": 1},
        "model": [{"model": "air780e-at", "share": 7}, {"model": "air724ug", "share": 3}],
        "link": [{"share": 8}, {"share": 2, "name": "bad"}],
        "faults": [{"share": 0.05}],
        "zone": [{"utc": "+08:00"}, {"utc": "-05:00"}],
    }
    return Campaign.from_table("plan", table | more)


FLEET = fleet()


def test_devices_are_mixed_by_weight() -> None:
    devices = [FLEET.device(number) for number in range(FLEET.devices)]
    for counted, share in (
        (sum(d.model.name == "air780e-at" for d in devices), 0.7),
        (sum(d.link.name == "bad" for d in devices), 0.2),
        (sum(d.faults is not None for d in devices), 0.05),
        (sum(d.zone.utc > 0 for d in devices), 0.5),
        (sum(d.stratum == Stratum("air724ug", "bad", "random") for d in devices), 0.003),
    ):
        spread = math.sqrt(len(devices) * share * (1 - share))
        assert abs(counted - share * len(devices)) < 4 * spread
    assert len({device.seed for device in devices}) == len(devices)


def test_a_device_is_by_its_number_and_the_seed_alone() -> None:
    assert fleet(devices=50).device(7) == FLEET.device(7)
    assert fleet(seed=2).device(7).seed != FLEET.device(7).seed
    # The same on every computer and in every release.
    device = FLEET.device(7)
    assert (device.seed, str(device.stratum)) == (955059919287, "air724ug/link 1/none")
    for number in (-1, 20_000):
        with pytest.raises(IndexError, match=f"device {number}: give 0 to 19999"):
            FLEET.device(number)


def test_an_entry_without_weight_has_no_device() -> None:
    made = fleet(200, link=[{"share": 1}, {"share": 0}], faults=[{"share": 1}, {"share": 0}])
    assert [str(stratum) for stratum in made.strata()] == [
        "air780e-at/link 1/random",
        "air724ug/link 1/random",
    ]


def test_strata_hold_each_device_once() -> None:
    strata = FLEET.strata()
    assert sorted(number for numbers in strata.values() for number in numbers) == [*range(20_000)]
    assert len(strata) == 8
    for stratum, numbers in strata.items():
        assert [*numbers] == sorted(numbers)
        assert FLEET.device(numbers[0]).stratum == stratum


def test_a_sample_has_of_each_stratum_its_part_and_a_few_at_least() -> None:
    chosen = sample(FLEET)
    assert len(chosen) == 400
    assert [*chosen] == sorted(set(chosen))
    drawn = Counter(FLEET.device(number).stratum for number in chosen)
    sizes = {stratum: len(numbers) for stratum, numbers in FLEET.strata().items()}
    assert drawn[Stratum("air724ug", "bad", "random")] == LEAST
    weights = {of: size * (4 if of.faults else 1) for of, size in sizes.items()}
    for of in (Stratum("air780e-at", "link 1"), Stratum("air780e-at", "link 1", "random")):
        part = weights[of] / sum(weights.values())
        assert drawn[of] == pytest.approx(400 * part, rel=0.05), "one with faults counts as four"


def test_a_larger_sample_has_the_devices_of_a_smaller_one() -> None:
    chosen = [set(sample(FLEET.changed(sample=size))) for size in (10, 100, 101, 102, 999, 20_000)]
    assert all(small <= large for small, large in pairwise(chosen))
    assert len(chosen[-1]) == 20_000
    assert [*sample(FLEET, all=True)] == [*range(20_000)]


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.sampled_from([1.0, 4.0])), min_size=1, max_size=20),
    st.integers(1, 5000),
)
def test_what_is_allocated(strata: list[tuple[int, float]], wanted: int) -> None:
    sizes, weights = zip(*strata, strict=True)
    due = allocated(sizes, weights, wanted)
    assert all(min(LEAST, size) <= n <= size for n, size in zip(due, sizes, strict=True))
    floor = sum(min(LEAST, size) for size in sizes)
    assert sum(due) == max(floor, min(wanted, sum(sizes)))
