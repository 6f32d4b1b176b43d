"""Faults of a twin: a plan of what goes wrong and when, and what has happened.

`Twin(faults=plan)` follows a plan from the start; `twin.faults` adds, triggers and ends faults, and
keeps the `history`. docs/reference/faults.md has every kind.
"""

from __future__ import annotations

from atwin.session.plans import load_plan, parse_plan
from atwin.twin.faults.chance import random_plan
from atwin.twin.faults.engine import Faults, Happened
from atwin.twin.faults.fault import Fault, PlanError
from atwin.twin.faults.kinds import KINDS
from atwin.twin.faults.plan import FaultPlan, fault_from_table

__all__ = [
    "KINDS",
    "Fault",
    "FaultPlan",
    "Faults",
    "Happened",
    "PlanError",
    "fault_from_table",
    "load_plan",
    "parse_plan",
    "random_plan",
]
