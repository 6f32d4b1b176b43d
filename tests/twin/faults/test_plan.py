"""Plans from tables: what is taken, and the one line for what is not."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

from atwin.twin.faults import kinds
from atwin.twin.faults.fault import Fault, PlanError
from atwin.twin.faults.kinds import KINDS
from atwin.twin.faults.kinds.crashes import Hang
from atwin.twin.faults.kinds.radio import PdpLoss
from atwin.twin.faults.plan import FaultPlan, fault_from_table
from atwin.twin.faults.plans import PLANS
from docs.faults import written


def test_a_plan() -> None:
    plan = FaultPlan.from_table(
        {
            "name": "two",
            "seed": 7,
            "fault": [
                {"kind": "pdp_loss", "at_byte": 5, "until": "new_pdp", "times": 2},
                {"kind": "hang"},
            ],
        }
    )
    assert plan.faults == (PdpLoss(at_byte=5, until="new_pdp", times=2), Hang())
    assert (plan.name, plan.seed) == ("two", 7)
    assert str(plan.faults[0]) == "pdp_loss at_byte=5 until=new_pdp times=2"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "at least one table [[fault]]"),
        ({"fault": []}, "at least one table [[fault]]"),
        ({"fault": {}}, "fault: must be tables [[fault]]"),
        ({"faults": []}, "faults: no such key, perhaps fault; there are name"),
        ({"seed": "x", "fault": [{"kind": "hang"}]}, 'seed = "x": must be a whole number'),
        ({"name": 5, "fault": [{"kind": "hang"}]}, "name = 5: must be a text"),
        (
            {"fault": [{"kind": "hang"}, {"at_time": 5}]},
            "[[fault]] 2: kind = null: must be one of pdp_los",
        ),
        ({"fault": [{"kind": "flood"}]}, '[[fault]] 1: kind = "flood": must be one of pdp_loss'),
    ],
)
def test_what_is_no_plan(table: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        FaultPlan.from_table(table)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            {"kind": "stall", "at_tim": 5},
            "stall: at_tim: no such key, perhaps at_time; there are h",
        ),
        ({"kind": "stall", "at_time": 1 << 20_000}, "at_time = a value that is too long: must"),
        ({"kind": "stall", "at_time": -1}, "at_time = -1: must be a number from 0"),
        ({"kind": "stall", "at_time": True}, "at_time = true: must be a number"),
        ({"kind": "stall", "at_time": "5"}, 'at_time = "5": must be a number'),
        ({"kind": "stall", "at_action": 1.5}, "at_action = 1.5: must be a whole number from 1"),
        ({"kind": "stall", "at_action": 0}, "at_action = 0: must be a whole number from 1"),
        ({"kind": "stall", "host": 5}, "host = 5: must be a text"),
        ({"kind": "dns_failure", "silent": 1}, "silent = 1: must be true or false"),
        ({"kind": "stall", "at_time": 1, "at_byte": 1}, "at_time and at_byte: one moment"),
        ({"kind": "stall", "at_connection": 1, "at_action": 1}, "one moment is enough"),
        ({"kind": "stall", "nth": 2}, "nth needs an at_command"),
        ({"kind": "stall", "times": 2}, "times needs an until"),
        ({"kind": "stall", "seconds": 1, "count": 1}, "seconds and count: only one of them"),
        ({"kind": "stall", "until": "prayer"}, 'until = "prayer": must be one of new_pdp, cipshut'),
        ({"kind": "stall", "at_command": "HTTPREAD"}, 'give a name alone, such as "AT+HTTPREAD"'),
        ({"kind": "stall", "at_command": "AT+CSQ?"}, "nth says which of them"),
        ({"kind": "stall", "at_conn": 1}, "at_conn: no such key, perhaps at_connection; there"),
        ({"kind": "restart", "seconds": 1}, "seconds means nothing here: it is over at once"),
        ({"kind": "radio_gone", "count": 1}, "count means nothing here: seconds, until"),
        ({"kind": "hang", "until": "reset"}, 'until = "reset": must be one of reset_pin, power'),
        ({"kind": "slow_link"}, "one of latency, jitter and bandwidth must be above 0"),
        ({"kind": "lost_bytes", "seconds": 1}, "need every"),
        ({"kind": "urc_interleave", "text": "a\r\nb"}, "one line of ASCII"),
        (
            {"kind": "short_line_limit", "bytes": 5000},
            "bytes = 5000: must be a whole number from 3 to 4096",
        ),
    ],
)
def test_what_is_no_fault(table: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        fault_from_table(table)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{table['kind']}: ")
    assert "\n" not in str(caught.value)


def test_the_nearest_kind_is_told() -> None:
    with pytest.raises(PlanError, match="perhaps reset_connection; must be one of pdp_loss"):
        fault_from_table({"kind": "reset_conection"})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_described(kind: str) -> None:
    assert KINDS[kind].__doc__
    assert kind == KINDS[kind].KIND


def test_every_class_is_in_the_table() -> None:
    """Of all files in `kinds`, whether the table imports them or not."""
    classes = {
        each
        for module in pkgutil.iter_modules(kinds.__path__, f"{kinds.__name__}.")
        for each in vars(importlib.import_module(module.name)).values()
        if isinstance(each, type) and issubclass(each, Fault)
    }
    stood_on = {base for each in classes for base in each.__bases__}
    assert classes - stood_on - {Fault} == set(KINDS.values())


def test_the_page_has_every_kind_and_plan() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/faults.md").read_text("utf-8")
    for name in (*KINDS, *PLANS):
        assert f"| `{name}` |" in page
    assert written(page) == page, "run `make reference`"
