"""A plan of faults by the name somebody gives it: a file, or `random:SEED`."""

import os

from atwin.disk.errors import DiskError
from atwin.disk.whole import read_input
from atwin.host.errors import OptionError
from atwin.text import decimal, parse_toml
from atwin.twin.faults.fault import PlanError
from atwin.twin.faults.plan import FaultPlan

_DICE = "random:"
#: Bytes of a plan.
_LONGEST = 4 << 20


def load_plan(where: str) -> FaultPlan:
    """The plan in the TOML file `where`, or of `random:SEED`. Raises `OptionError`."""
    if where.startswith(_DICE):
        return _random(where)
    try:
        data = read_input(os.path.expanduser(where), _LONGEST, name="it")
        return FaultPlan.from_table(parse_toml(data))
    except (DiskError, PlanError) as error:
        raise OptionError(f"faults {where}: {error}") from None
    except ValueError as error:
        raise OptionError(f"faults {where}: no TOML file: {error}") from None


def _random(where: str) -> FaultPlan:
    from atwin.twin.faults.chance import random_plan

    seed = decimal(where.removeprefix(_DICE))
    if seed is None:
        raise OptionError(f"faults {where}: a number is wanted behind {_DICE}")
    return random_plan(seed)
