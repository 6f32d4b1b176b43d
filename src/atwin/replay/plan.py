"""What a recorded module says after each command, and when: made of what it said once.

A URC that is not part of an answer belongs to the last command before it. Queries in between are
passed over: all of them where it ends what a command began, as +HTTPACTION does, else those that
were asked before. So a host that asks less often, or waits without asking, gets it all the same.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atwin.at.dialect.commands import expected_of
from atwin.at.dialect.urcs import parse_urc
from atwin.trace.exchanges import LineStep, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from atwin.at.dialect.said import Urc
    from atwin.trace.exchanges import Exchange

#: What no command is waiting for.
_UNASKED = {StepKind.URC, StepKind.NOISE}


@dataclass(slots=True)
class Timed:
    """A step, and the seconds between it and the one before it, or the answer."""

    delay: float
    step: LineStep


@dataclass(slots=True)
class Answering:
    """What follows one recorded command."""

    exchange: Exchange
    #: Its answer, in order: what the module says, and the data it takes.
    parts: list[Timed] = field(default_factory=list)
    #: What it says afterwards by itself.
    later: list[Timed] = field(default_factory=list)
    #: It was asked for already.
    used: bool = False


def plan(exchanges: Sequence[Exchange]) -> list[Answering]:
    """One for each exchange, in order."""
    answers = [Answering(exchange) for exchange in exchanges]
    ends = []
    closers: dict[type[Urc] | type[None], int] = {}
    owner, seen = 0, set[str]()
    for number, exchange in enumerate(exchanges):
        for kind in expected_of(exchange.command).shape.closing if exchange.command else ():
            closers[kind] = number
        if not (exchange.is_query and exchange.command in seen):
            owner = number
        seen.add(exchange.command)
        asked = [at for at, step in enumerate(exchange.steps) if not is_unasked(step)]
        last = asked[-1] if asked else -1
        before = exchange.steps[0].ended if exchange.steps else 0.0
        if not exchange.command:
            before = 0.0
        for at, step in enumerate(exchange.steps):
            if step.kind is StepKind.COMMAND or (step.way == ">" and is_unasked(step)):
                continue
            if at <= last:
                answers[number].parts.append(Timed(max(step.ended - before, 0.0), step))
                before = step.ended
        ends.append(before)
        for step in exchange.steps[last + 1 :]:
            if is_junk(step):
                break  # the rest is known by it
            if step.way == "<":
                began = closers.pop(type(parse_urc(step.text)), None)
                whose = owner if began is None else _without_queries(exchanges, began, number)
                answers[whose].later.append(Timed(max(step.ended - ends[whose], 0.0), step))
    return answers


def _without_queries(exchanges: Sequence[Exchange], began: int, now: int) -> int:
    """The last exchange up to `now` that is not a query, or the one that began."""
    while now > began and exchanges[now].is_query:
        now -= 1
    return now


def after_junk(exchanges: Iterable[Exchange]) -> dict[bytes, deque[list[Timed]]]:
    """What follows each line that was not a command, by line and in order."""
    found: dict[bytes, deque[list[Timed]]] = defaultdict(deque)
    for exchange in exchanges:
        after = None
        for step in exchange.steps:
            if is_junk(step):
                after = step
                found[step.data].append([])
            elif not is_unasked(step):
                after = None
            elif after is not None and step.way == "<":
                found[after.data][-1].append(Timed(max(step.ended - after.ended, 0.0), step))
    return found


def is_junk(step: LineStep) -> bool:
    """Whether it is a line to the module that is not a command."""
    return step.way == ">" and step.kind is StepKind.NOISE and step.text == "no command"


def is_unasked(step: LineStep) -> bool:
    """Whether it is not part of a command or its answer."""
    return step.kind in _UNASKED or (
        step.kind is StepKind.DATA and step.way == "<" and step.text.startswith("received")
    )


def closes(answer: Answering, timed: Timed) -> bool:
    """Whether that URC is the end of what the command began."""
    closing = expected_of(answer.exchange.command).shape.closing
    return isinstance(parse_urc(timed.step.text), closing)
