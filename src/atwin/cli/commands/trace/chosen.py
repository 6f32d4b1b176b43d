"""Which records `atwin trace show` prints: those of a time, of some kinds, with a pattern."""

from __future__ import annotations

import math
import re
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import click

from atwin.text import shown
from atwin.trace.described import describe, look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from atwin.trace.described import Record

    When = float | time | datetime

#: Seconds of this computer's work that a pattern may take for one line.
_MOST_WORK = 1.0
_SECONDS = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
#: A time of day so long before the start of a trace is one of the next day.
_HALF_A_DAY = timedelta(hours=12)


class Moment(click.ParamType[Any]):
    """Seconds from the start of a trace or, with a minus, before its end; a time on the clock."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> When:
        if _SECONDS.fullmatch(value):
            return float(value)
        for kind in (time, datetime):
            with suppress(ValueError):
                return kind.fromisoformat(value)
        return self.fail(
            f"{value!r}: give seconds (12.5), seconds before the end (-30), a time of day "
            "(09:30:00), or a date and time (2026-11-30T09:30:00)",
            param,
            ctx,
        )


class Expression(click.ParamType[Any]):
    """A regular expression, as Python has them."""

    name = "pattern"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> re.Pattern[str]:
        try:
            return re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            self.fail(f"{value!r} is not a regular expression: {error}", param, ctx)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for; None and nothing: everything."""

    since: When | None = None
    until: When | None = None
    pattern: re.Pattern[str] | None = None
    kinds: tuple[str, ...] = ()

    @property
    def needs_end(self) -> bool:
        """Whether it cannot begin before the end of the trace is known."""
        return any(isinstance(when, float) and _is_before_end(when) for when in self._times)

    def of(self, records: Iterable[Record], end: float) -> Iterator[tuple[Record, str]]:
        """The chosen ones of a trace that ends at `end`, each with its line.

        Ends with the first one that is too late. Raises `click.UsageError`.
        """
        first, last = -math.inf, math.inf
        with _bounded(self.pattern) as matches:
            for number, record in enumerate(records):
                if not number:
                    begin, until = (_seconds(when, record, end) for when in self._times)
                    first = first if begin is None else begin
                    last = last if until is None else until
                if record["t"] > last:
                    return
                if record["t"] >= first and (not self.kinds or record["kind"] in self.kinds):
                    line = shown(f"{look(record)[0]} {describe(record)}")
                    if matches(line):
                        yield record, line

    @property
    def _times(self) -> tuple[When | None, When | None]:
        return self.since, self.until


def _is_before_end(when: float) -> bool:
    return math.copysign(1.0, when) < 0


def _seconds(when: When | None, start: Record, end: float) -> float | None:
    """Seconds since the trace began."""
    if when is None:
        return None
    if isinstance(when, float):
        return end + when if _is_before_end(when) else when
    try:
        began = datetime.fromisoformat(start["wall"]).astimezone()
        if isinstance(when, datetime):
            moment = when.astimezone()
        else:
            moment = datetime.combine(began.astimezone(when.tzinfo), when).astimezone()
            if moment < began - _HALF_A_DAY:
                moment += timedelta(days=1)
        return (moment - began).total_seconds()
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise click.UsageError(
            "the trace does not say at what time it began, or that is too far away: give seconds"
        ) from None


class _TooMuchWork(Exception):  # noqa: N818 - what the timer says
    pass


@contextmanager
def _bounded(pattern: re.Pattern[str] | None) -> Iterator[Callable[[str], object]]:
    """What says whether a line matches.

    Where a system has such timers, a pattern that takes very long for a line raises
    `click.UsageError` instead; elsewhere Ctrl-C ends it.
    """
    if pattern is None:
        yield lambda line: True
        return
    has_timer = hasattr(signal, "setitimer") and (
        threading.current_thread() is threading.main_thread()
    )
    if not has_timer:
        yield pattern.search
        return

    def ring(number: int, frame: object) -> None:
        raise _TooMuchWork

    def search(line: str) -> object:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, _MOST_WORK)
            found = pattern.search(line)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        except _TooMuchWork:
            raise click.UsageError(
                f"--grep {pattern.pattern!r} takes too long for one line: give a simpler pattern"
            ) from None
        return found

    before = signal.signal(signal.SIGVTALRM, ring)
    try:
        yield search
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
