"""Plans by chance: what a seed promises (docs/decisions, D-140)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from atwin.twin.faults.chance import random_plan
from atwin.twin.faults.dice import among
from atwin.twin.faults.fault import Fault, flag
from atwin.twin.faults.kinds import KINDS
from atwin.twin.faults.plan import fault_from_table

SEEDS = range(300)


def test_a_seed_is_the_same_plan_in_every_release() -> None:
    assert [list(map(str, random_plan(seed).faults)) for seed in (1, 2, 3, 4)] == [
        ["pdp_loss at_byte=109000 seconds=171.0"],
        ["short_line_limit at_time=0.266 seconds=0.925 bytes=90", "restart at_byte=76"],
        [
            "truncate at_byte=842 until=cfun after=239",
            "pdp_loss at_action=5 seconds=0.46",
        ],
        [
            "pdp_refused at_command=AT+HTTPTERM nth=3 until=reset_pin apn=corp",
            "drip at_command=AT+HTTPACTION nth=3 seconds=2.43 rate=200.0",
            "stall at_action=11 count=3 after=226",
        ],
    ]


def test_every_kind_comes_and_no_plan_is_empty_or_long() -> None:
    plans = [random_plan(seed).faults for seed in SEEDS]
    assert {fault.KIND for plan in plans for fault in plan} == set(KINDS)
    assert {len(plan) for plan in plans} >= {1, 2, 3, 4}
    assert 1 <= min(map(len, plans)) <= max(map(len, plans)) <= 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer(Fault):
    """A kind that nobody had thought of when the plans were made."""

    KIND: ClassVar[str] = "aardvark"

    bites: bool = flag(among(False, True))


def test_a_new_kind_inserts_itself_and_changes_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = [random_plan(seed).faults for seed in SEEDS]
    monkeypatch.setitem(KINDS, Newcomer.KIND, Newcomer)
    after = [random_plan(seed).faults for seed in SEEDS]
    old = [tuple(fault for fault in plan if fault.KIND != Newcomer.KIND) for plan in after]
    assert old == before
    assert after != before


@pytest.mark.parametrize("gone", KINDS)
def test_nor_does_its_place_in_the_table_or_another_kind_matter(
    gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [random_plan(seed).faults for seed in SEEDS]
    rows = [(kind, KINDS[kind]) for kind in reversed(KINDS) if kind != gone]
    monkeypatch.setattr("atwin.twin.faults.chance.KINDS", dict(rows))
    after = [random_plan(seed).faults for seed in SEEDS]
    assert after == [tuple(fault for fault in plan if gone != fault.KIND) for plan in before]


def test_a_table_is_its_fault_again() -> None:
    for seed in range(100):
        for fault in random_plan(seed).faults:
            assert fault_from_table(fault.table) == fault
