"""A download under each fault on each model (docs/spec/flows.md §1).

Under random ones, and whatever else: `python -m tests.prove schedules`.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from atwin.models import MODELS
from atwin.twin.faults.chance import random_plan
from atwin.twin.faults.kinds import KINDS
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.faults.plans import PLANS
from prove.schedules.play import Player
from prove.schedules.schedule import Schedule

if TYPE_CHECKING:
    from pathlib import Path

    from prove.schedules.play import Outcome


def under(plan: FaultPlan, folder: Path, model: str, baud: int | None = None) -> Outcome:
    schedule = Schedule(1, model, sizes=(400_000,), baud=baud, plan=plan)
    return Player(schedule, folder).play()


@pytest.mark.sampled("model")
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", PLANS)
def test_a_plan_begins_on_every_model(name: str, model: str, tmp_path: Path) -> None:
    """Each plan on one model a run, on every model in `make prove`."""
    plan = FaultPlan.from_table(tomllib.loads(PLANS[name].read_text("utf-8")))
    assert plan.name == name
    assert plan.teaches.endswith(".")
    assert plan.good_host.endswith(".")
    outcome = under(plan, tmp_path, model)
    assert not outcome.wrong, outcome.detail
    assert outcome.fired == [fault.KIND for fault in plan.faults]


@pytest.mark.sampled("model")
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_in_the_second_request(kind: str, model: str, tmp_path: Path) -> None:
    """Each kind on one model a run, on every model in `make prove`."""
    table: dict[str, object] = {"kind": kind, "at_action": 2}
    if "seconds" in KINDS[kind].LASTS and kind not in ("hang", "lost_bytes"):
        table["seconds"] = 4
    if kind == "slow_link":
        table["latency"] = 0.5
    if kind == "lost_bytes":
        table |= {"bytes": 100, "after": 2000}
    plan = FaultPlan.from_table({"fault": [table]})
    outcome = under(plan, tmp_path, model, 921600)
    assert not outcome.wrong, outcome.detail
    assert outcome.fired == [kind]


def test_a_seed_is_the_same_run_again(tmp_path: Path) -> None:
    outcomes = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        outcomes.append(Player(Schedule.of(8), tmp_path / name).play())
    assert outcomes[0] == outcomes[1]
    assert random_plan(8) == random_plan(8)
