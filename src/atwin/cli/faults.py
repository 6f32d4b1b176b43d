"""`--faults` and `faults=`: a plan from a file, or one thrown by dice."""

import tomllib
from pathlib import Path

import typer

from atwin.twin.faults import FaultPlan, PlanError

_DICE = "random:"


def load_plan(where: str) -> FaultPlan:
    """The plan in the TOML file `where`, or of `random:SEED`. Raises `typer.BadParameter`."""
    if where.startswith(_DICE):
        return _random(where)
    try:
        return FaultPlan.from_table(tomllib.loads(Path(where).expanduser().read_text("utf-8")))
    except OSError as error:
        raise typer.BadParameter(f"faults {where}: cannot read it: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"faults {where}: no TOML file: it is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise typer.BadParameter(f"faults {where}: no TOML file: {error}") from error
    except PlanError as error:
        raise typer.BadParameter(f"faults {where}: {error}") from error


def _random(where: str) -> FaultPlan:
    from atwin.twin.faults.chance import random_plan

    seed = where.removeprefix(_DICE)
    if not seed.isdecimal():
        raise typer.BadParameter(f"faults {where}: a number is wanted behind {_DICE}")
    return random_plan(int(seed))
