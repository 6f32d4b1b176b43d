"""How a command ends for a program that reads it: with `--json`, one object on stdout either way.

A command that has done its work prints its own. For one that fails `atwin.cli.app` prints
`{"error": …, "exit_code": …}` and whatever the command called `known` with until then.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN: ContextVar[dict[str, object]] = ContextVar("known")


class CommandFailed(Exception):  # noqa: N818 - says what happened
    """A command ends with `exit_code`; the text is one line for the user."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def known(**facts: object) -> None:
    """What a program should know even if the command fails from here on; the last word counts."""
    _KNOWN.get({}).update(facts)


@contextmanager
def noting() -> Iterator[dict[str, object]]:
    """The dict that `known` fills inside."""
    facts: dict[str, object] = {}
    token = _KNOWN.set(facts)
    try:
        yield facts
    finally:
        _KNOWN.reset(token)


def wants_json(arguments: list[str]) -> bool:
    """Whether this command line asks for it, be it right or wrong otherwise."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def print_failure(error: str, exit_code: int, facts: dict[str, object]) -> None:
    """The object of a command that failed."""
    typer.echo(json.dumps({"error": error, "exit_code": exit_code, **facts}))
