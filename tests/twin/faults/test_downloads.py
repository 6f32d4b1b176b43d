"""A download under each fault on each model, and under random ones (docs/spec/flows.md §1)."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench.faults import Runner, Schedule

from atwin.models import MODELS
from atwin.testing.origin import Generated
from atwin.twin.faults.chance import random_plan
from atwin.twin.faults.kinds import KINDS
from atwin.twin.faults.plan import FaultPlan

if TYPE_CHECKING:
    from bench.faults import Outcome

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "faults").glob("*.toml"))


def under(plan: FaultPlan, folder: Path, model: str, baud: int | None = None) -> Outcome:
    schedule = replace(
        Schedule.of(1),
        model=model,
        strategy="auto",
        content=Generated(400_000, 1),
        baud=baud,
        fifo=None,
        hash_known=False,
        plan=plan,
    )
    return Runner(schedule, folder).outcome()


@pytest.mark.sampled("model")
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_begins_on_every_model(path: Path, model: str, tmp_path: Path) -> None:
    """Each example on one model a run, on every model in `make prove`."""
    plan = FaultPlan.from_table(tomllib.loads(path.read_text("utf-8")))
    assert plan.name == path.stem
    assert plan.teaches.endswith(".")
    assert plan.good_host.endswith(".")
    outcome = under(plan, tmp_path, model)
    assert not outcome.wrong, outcome.detail
    assert outcome.fired == tuple(fault.KIND for fault in plan.faults)


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
    assert outcome.fired == (kind,)


@pytest.mark.sampled("seed", keep=10)
@pytest.mark.parametrize("seed", range(30))
def test_random_plans(seed: int, tmp_path: Path) -> None:
    """Ten of the thirty a run, all of them in `make prove`."""
    outcome = Runner(Schedule.of(seed), tmp_path).outcome()
    assert not outcome.wrong, f"python -m bench.faults --seed {seed}\n{outcome.detail}"


def test_a_seed_is_the_same_run_again(tmp_path: Path) -> None:
    outcomes = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        outcomes.append(Runner(Schedule.of(8), tmp_path / name).outcome())
    assert outcomes[0].seconds == outcomes[1].seconds
    assert outcomes[0].fired == outcomes[1].fired
    assert random_plan(8) == random_plan(8)
