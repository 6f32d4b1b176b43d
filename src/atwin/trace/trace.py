"""The one thing everything that happens is told to.

A record is a flat JSON object: `t` in seconds since the trace began, `kind`, and what that kind
has. Of the dialogue: `dir` (`>` to the module, `<` from it) and `text`, for `data` also `bytes`
and `took` in seconds. Of the rest: `event`, a few words, and its numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from atwin.trace.mask import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock

    Value = str | int | float | bool | None
    Record = dict[str, Value]

#: What the first record calls the format.
FORMAT = "atwin-trace 1"

#: Characters of one text that are kept.
_LONGEST_TEXT = 600


class Trace:
    """Gives each record its time and hands it to `sink`; without one it costs nothing."""

    def __init__(self, clock: Clock | None, sink: Callable[[Record], None] | None) -> None:
        """Both or none."""
        self._clock = clock
        self._sink = sink
        self._began = clock.now() if clock is not None else 0.0

    @property
    def on(self) -> bool:
        """Whether anybody listens: worth asking before something is laid around a hot path."""
        return self._sink is not None

    @property
    def now(self) -> float:
        """Seconds since it began; 0 when nobody listens."""
        return self._clock.now() - self._began if self._clock is not None else 0.0

    def begin(self, **what: Value) -> None:
        """The first record: what the trace is of."""
        if self._clock is not None:
            wall = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="seconds")
            self._write("start", {"format": FORMAT, "wall": wall, **_all_kept(what)})

    def says(self, kind: str, direction: str, text: str, **numbers: Value) -> None:
        """A piece of the dialogue: `command`, `answer`, `urc` or `data`, secrets masked."""
        if self._sink is not None:
            self._write(kind, {"dir": direction, "text": _kept(text), **numbers})

    def notes(self, kind: str, event: str, **numbers: Value) -> None:
        """Something beside the dialogue: of `module`, `line`, `net`, `buffer`, `power`, `fault`,
        `host` or `end`.
        """
        if self._sink is not None:
            self._write(kind, {"event": _kept(event), **_all_kept(numbers)})

    def stop(self) -> None:
        """Nobody listens any more."""
        self._sink = None

    def _write(self, kind: str, what: Record) -> None:
        if self._sink is not None:
            self._sink({"t": round(self.now, 6), "kind": kind, **what})


def _all_kept(values: Record) -> Record:
    return {
        name: _kept(value) if isinstance(value, str) else value for name, value in values.items()
    }


def _kept(text: str) -> str:
    """Masked first, so that no secret is cut in two and then not known any more."""
    text = masked(text)
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
    return text


#: For everything that is not traced.
NO_TRACE = Trace(None, None)
