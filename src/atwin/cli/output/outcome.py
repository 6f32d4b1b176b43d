"""How a command ends for a program that reads it: with `--json`, one object on stdout either way.

A command that has done its work prints its own by `print_object`. For one that fails without,
`atwin.cli.app` prints `{"error": …, "exit_code": …}` and whatever the command called `known` with
until then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from atwin.text import masked

if TYPE_CHECKING:
    from collections.abc import Iterator


class CommandFailed(Exception):  # noqa: N818 - says what happened
    """A command ends with `exit_code`; the text is one line for the user."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


@dataclass(slots=True)
class Outcome:
    """What a command has to tell a program so far."""

    facts: dict[str, object] = field(default_factory=dict)
    printed: bool = False


_OUTCOME: ContextVar[Outcome | None] = ContextVar("outcome", default=None)


def known(**facts: object) -> None:
    """What a program should know even if the command fails from here on; the last word counts."""
    if (outcome := _OUTCOME.get()) is not None:
        outcome.facts.update(facts)


def print_object(told: Mapping[str, object]) -> None:
    """The one object of this command on stdout."""
    typer.echo(json.dumps(_safe(told)))
    if (outcome := _OUTCOME.get()) is not None:
        outcome.printed = True


def _safe(value: object) -> object:
    """`value` without secrets in its texts: what programs print ends in the logs of others."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {name: _safe(inner) for name, inner in value.items()}
    return [_safe(inner) for inner in value] if isinstance(value, list | tuple) else value


@contextmanager
def noting() -> Iterator[Outcome]:
    """What `known` and `print_object` are told inside."""
    outcome = Outcome()
    token = _OUTCOME.set(outcome)
    try:
        yield outcome
    finally:
        _OUTCOME.reset(token)


def wants_json(arguments: list[str]) -> bool:
    """Whether this command line asks for it, be it right or wrong otherwise."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options
