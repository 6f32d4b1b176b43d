"""Faults on a plan: what goes wrong in the module, on its line and behind its antenna, and when."""

from atwin.twin.faults.bench import Bench
from atwin.twin.faults.engine import Faults, Happened
from atwin.twin.faults.fault import Fault, PlanError
from atwin.twin.faults.plan import KINDS, FaultPlan, fault_from_table

__all__ = [
    "KINDS",
    "Bench",
    "Fault",
    "FaultPlan",
    "Faults",
    "Happened",
    "PlanError",
    "fault_from_table",
]
