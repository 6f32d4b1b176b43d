"""How a command ends: its exit code, and one line about whatever went wrong.

With `--json` it is one object on stdout either way. A command that has done its work prints its
own by `print_object`. For one that fails without, `atwin.cli.app` prints
`{"error": …, "exit_code": …}` and whatever the command called `known` with until then.
"""

import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import cast

import click

from atwin.cli.says import one_line, say_traceback

DONE = 0
REFUSED = 1
USAGE = 2
MODULE_FAILED = 3
TLS_FAILED = 4
NOT_VERIFIED = 5
INTERRUPTED = 130
TERMINATED = 143

#: How a command ends that somebody stops.
STOPPED = {INTERRUPTED: "interrupted", TERMINATED: "terminated"}

EXIT_CODES = (
    "0 done, 1 the server or the module refused, or its file kept changing, 2 usage, "
    "3 module, line or network failed, 4 TLS failed, 5 verification failed, "
    "130 interrupted, 143 terminated"
)


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
    #: Says what there is when somebody stops the command.
    left: Callable[[], str] | None = None


_OUTCOME: ContextVar[Outcome | None] = ContextVar("outcome", default=None)


def known(**facts: object) -> None:
    """What a program should know even if the command fails from here on; the last word counts."""
    if (outcome := _OUTCOME.get()) is not None:
        outcome.facts.update(facts)


def when_stopped(left: Callable[[], str]) -> None:
    """What to say of a command that somebody stops from here on, also before its work begins."""
    if (outcome := _OUTCOME.get()) is not None:
        outcome.left = left


def print_object(told: Mapping[str, object], **answer: object) -> None:
    """The one object of this command on stdout; of what a server answered no letter is masked."""
    click.echo(json.dumps({**cast("dict[str, object]", _safe(told)), **answer}))
    if (outcome := _OUTCOME.get()) is not None:
        outcome.printed = True


def _safe(value: object) -> object:
    """`value` without secrets in its texts: what programs print ends in the logs of others."""
    if isinstance(value, str):
        from atwin.text import masked

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


def explain(error: Exception, command: str = "atwin") -> tuple[str, int]:
    """What to tell the user about `error` of `command`: one line, and the exit code it means.

    With `ATWIN_DEBUG` in the environment the traceback is printed as well.
    """
    if os.environ.get("ATWIN_DEBUG"):
        say_traceback(error)
    if wants_person(error):
        known(wants_person=True)
    return judged(error, command)


def wants_person(error: Exception) -> bool:
    """Whether the same command fails again until a person has changed something."""
    from atwin.host.recovery.ladder import wants_a_person

    return wants_a_person(error)


def judged(error: Exception, command: str = "atwin") -> tuple[str, int]:
    """The line and the exit code of `explain`, and nothing is printed."""
    line, code = _judge(error, command)
    return one_line(line), code


def _judge(error: Exception, command: str) -> tuple[str, int]:
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else command
        return f"{_sentence(error)}; see {command} --help", USAGE

    from atwin.disk.errors import DiskError
    from atwin.disk.state import StateError
    from atwin.host.errors import HostError, OptionError
    from atwin.line.port import PortError
    from atwin.models import UnknownModelError

    match error:
        case OptionError():
            return f"{error}; see {command} --help", USAGE
        case HostError() | PortError() | CommandFailed():
            return str(error), error.exit_code
        case DiskError() | StateError() | UnknownModelError():
            return str(error), USAGE
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG | errno.EIO | errno.EPIPE):
            return f"cannot write the output: {error.strerror}", USAGE
        case _:
            name = type(error).__name__
            advice = "this is a defect: run again with ATWIN_DEBUG=1 to see where"
            return f"{name}: {error}; {advice}", MODULE_FAILED


def _sentence(error: click.UsageError) -> str:
    """What `error` says, after the name of the option or argument it is about."""
    text = error.message.rstrip(".")
    parameter = getattr(error, "param", None)
    if not text or parameter is None:
        return error.format_message().rstrip(".")
    name = max(parameter.opts, key=len) if isinstance(parameter, click.Option) else ""
    return f"{name} {text}".strip()
