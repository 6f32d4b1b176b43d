"""`--faults` and `faults=`: a plan from a file, or one thrown by dice; and what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from atwin.cli.options.inputs import read_option
from atwin.cli.output.says import say
from atwin.text import decimal, parse_toml
from atwin.twin import Twin
from atwin.twin.faults import FaultPlan, Happened, PlanError, moment

_DICE = "random:"


def load_plan(where: str) -> FaultPlan:
    """The plan in the TOML file `where`, or of `random:SEED`. Raises `typer.BadParameter`."""
    if where.startswith(_DICE):
        return _random(where)
    data = read_option(f"faults {where}", where, name="it")
    try:
        table = parse_toml(data)
    except ValueError as error:
        raise typer.BadParameter(f"faults {where}: no TOML file: {error}") from error
    try:
        return FaultPlan.from_table(table)
    except PlanError as error:
        raise typer.BadParameter(f"faults {where}: {error}") from error


def _random(where: str) -> FaultPlan:
    from atwin.twin.faults.chance import random_plan

    seed = decimal(where.removeprefix(_DICE))
    if seed is None:
        raise typer.BadParameter(f"faults {where}: a number is wanted behind {_DICE}")
    return random_plan(seed)


@dataclass
class FaultWatch:
    """What became of a plan's faults, for `--json`; None where nothing was to go wrong."""

    faults: list[dict[str, Any]] | None = None


@contextmanager
def told_faults(
    twin: Twin | None, watch: FaultWatch | None = None, *, live: bool = True
) -> Iterator[None]:
    """Say on stderr what goes wrong in `twin`, as it does (if `live`), and in the end what did not.

    A job that is done proves nothing about a fault that never came.
    """
    if twin is None or not twin.has_faults:
        yield
        return
    if live:
        for event in twin.faults.history:
            _say_event(event)
        twin.faults.on_event = _say_event
    try:
        yield
    finally:
        twin.faults.on_event = lambda event: None
        if watch is not None:
            watch.faults = [case.table for case in twin.faults.cases]
        for case in twin.faults.cases:
            if why := case.why_never:
                say(f"fault '{case.fault}' never began: {why}")


def _say_event(event: Happened) -> None:
    fault, what, when = event.fault, event.what, ""
    if not fault.LASTS:  # over as soon as it has begun
        if what == "ends":
            return
        what = "happens"
    if event.what == "begins" and moment(fault):
        when = f" ({moment(fault)})"
    say(f"fault: {fault.KIND} {what}{when}")
