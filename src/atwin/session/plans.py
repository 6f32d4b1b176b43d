"""A plan of faults, however somebody gives it: a file, TOML text, a table, or `random:SEED`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atwin.disk.errors import DiskError
from atwin.disk.whole import read_input
from atwin.host.errors import OptionError
from atwin.text import decimal, parse_toml
from atwin.twin.faults.fault import PlanError
from atwin.twin.faults.plan import FaultPlan

_DICE = "random:"
#: Bytes of a plan.
_LONGEST = 4 << 20


def as_plan(source: FaultPlan | Mapping[str, Any] | str | Path) -> FaultPlan:
    """`source` itself, the plan of that table, or what `load_plan` makes of it.

    Raises `UsageError`.
    """
    if isinstance(source, FaultPlan):
        return source
    if not isinstance(source, Mapping):
        return load_plan(source)
    try:
        return FaultPlan.from_table(source)
    except PlanError as error:
        raise OptionError(f"faults: {error}") from None


def load_plan(where: str | Path) -> FaultPlan:
    """The plan in the TOML file `where`, or the random one of `random:SEED`.

    Raises `UsageError`.
    """
    if isinstance(where, str) and where.startswith(_DICE):
        return _random(where)
    try:
        return parse_plan(read_input(os.path.expanduser(where), _LONGEST, name="it"))
    except (DiskError, PlanError) as error:
        raise OptionError(f"faults {where}: {error}") from None


def parse_plan(text: str | bytes) -> FaultPlan:
    """The plan in TOML text, UTF-8 when it is bytes. Raises `PlanError`."""
    try:
        table = parse_toml(text if isinstance(text, bytes) else text.encode())
    except ValueError as error:
        raise PlanError(f"no TOML file: {error}") from None
    return FaultPlan.from_table(table)


def _random(where: str) -> FaultPlan:
    from atwin.twin.faults.chance import random_plan

    seed = decimal(where.removeprefix(_DICE))
    if seed is None:
        raise OptionError(f"faults {where}: give a number after {_DICE}")
    return random_plan(seed)
