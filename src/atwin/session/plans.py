"""A plan of faults, as somebody gives it: a name, a file, TOML text, a table, `random:SEED`."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atwin.disk.errors import DiskError
from atwin.disk.whole import read_input
from atwin.host.errors import OptionError
from atwin.text import decimal, parse_toml
from atwin.twin.faults.fault import PlanError
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.faults.plans import PLANS

_DICE = "random:"
#: Bytes of a plan.
_LONGEST = 4 << 20
#: What may be meant as a name: most paths have a dot in the last part.
_NAME = re.compile(r"\w+")


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
    """A plan of `atwin faults` by its name, the one in a TOML file, or one of `random:SEED`.

    Raises `UsageError`.
    """
    if isinstance(where, str) and where.startswith(_DICE):
        return _random(where)
    try:
        return read_plan(where)
    except PlanError as error:
        raise OptionError(f"faults {where}: {error}") from None


def is_no_path(where: str) -> bool:
    """Whether `load_plan` looks for no file of somebody's own."""
    return where in PLANS or where.startswith(_DICE)


def read_plan(where: str | Path, folder: Path | None = None) -> FaultPlan:
    """A plan by its name, or the one in a file, whose path begins in `folder`.

    A name wins over a file that is called so, which is `./NAME`. Raises `PlanError`.
    """
    path = os.path.join(folder or "", os.path.expanduser(where))
    if isinstance(where, str) and where in PLANS:
        path = str(PLANS[where])
    try:
        return parse_plan(read_input(path, _LONGEST, name="it"))
    except DiskError as error:
        named = _NAME.fullmatch(os.path.basename(path)) and not os.path.lexists(path)
        names = f"; by name there are {', '.join(PLANS)}" if named else ""
        raise PlanError(f"{error}{names}") from None


def parse_plan(text: str | bytes) -> FaultPlan:
    """The plan in TOML text, UTF-8 when it is bytes. Raises `PlanError`."""
    try:
        table = parse_toml(text if isinstance(text, bytes) else text.encode())
    except ValueError as error:
        raise PlanError(f"not a TOML file: {error}") from None
    return FaultPlan.from_table(table)


def _random(where: str) -> FaultPlan:
    from atwin.twin.faults.chance import random_plan

    seed = decimal(where.removeprefix(_DICE))
    if seed is None:
        raise OptionError(f"faults {where}: give a number after {_DICE}")
    return random_plan(seed)
