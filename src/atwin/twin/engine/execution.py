"""What a command comes to, on whichever port it was typed: a script's answer, or the module's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.grammar import Command, Form, MalformedLine, parse_line
from atwin.at.kinds import BadArgument
from atwin.at.reply import ANSWERS, Answer, AtError, CmeError, Collect, UnknownCommandError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.twin.engine.run import Run

log = logging.getLogger("atwin.twin")


def parsed(run: Run, line: str) -> tuple[Command, ...] | None:
    """As `parse_line`; where there is a script, a line of another grammar is one command."""
    try:
        return parse_line(line)
    except MalformedLine:
        if run.hardware.taps.answer is None:
            raise
        return (Command(line[line.upper().index("AT") + 2 :].strip(), Form.EXECUTE),)


def execute(run: Run, command: Command, *, last: bool) -> Answer | Awaitable[Answer]:
    """Run `command`, the `last` of its line or not. Raises `AtError` and whatever is a defect."""
    script = run.hardware.taps.answer
    answer = _own(run, command, last) if script is None else _scripted(run, command, script, last)
    return answer if isinstance(answer, ANSWERS) else _judged(run, command, answer)


def as_error(error: Exception) -> AtError:
    """What the host is told of it: ours is never an excuse to fall silent."""
    if isinstance(error, AtError):
        return error
    log.error("a command failed in a way it should not", exc_info=error)
    return CmeError(Cme.UNKNOWN)


async def _judged(run: Run, command: Command, pending: Awaitable[Answer]) -> Answer:
    """The answer to a command that waits."""
    try:
        return await pending
    except BadArgument:
        raise run.table.refusal(command, run.commands) from None


def _own(run: Run, command: Command, last: bool) -> Answer | Awaitable[Answer]:
    if not last and run.table.ends_line(command):
        raise AtError
    return run.table.call(command, run.commands)


def _scripted(
    run: Run,
    command: Command,
    script: Callable[[Command], Answer | Awaitable[Answer]],
    last: bool,
) -> Answer | Awaitable[Answer]:
    """What a script says to it, and else the module."""
    answer = script(command)
    if answer is not None:
        if isinstance(answer, Collect) and not last:
            raise AtError
        return answer
    try:
        return _own(run, command, last)
    except UnknownCommandError:
        lets_pass = run.hardware.taps.lets_pass
        if lets_pass is None or not lets_pass(command):
            raise
        return None
