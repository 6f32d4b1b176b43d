"""Faults on a plan: what goes wrong in the module, on its line and behind its antenna, and when."""

from atwin.twin.faults.case import Case, moment
from atwin.twin.faults.engine import Faults, Happened
from atwin.twin.faults.fault import Fault, PlanError
from atwin.twin.faults.kinds import KINDS
from atwin.twin.faults.plan import FaultPlan, fault_from_table

__all__ = [
    "KINDS",
    "Case",
    "Fault",
    "FaultPlan",
    "Faults",
    "Happened",
    "PlanError",
    "fault_from_table",
    "moment",
]
