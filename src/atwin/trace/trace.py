"""The one thing everything that happens is told to.

A record is a flat JSON object: `t` in seconds since the trace began, `kind`, and what that kind
has. Of the dialogue: `dir` (`>` to the module, `<` from it) and `text`, for `data` also `bytes`
and `took` in seconds. Of the rest: `event`, a word, and its numbers.
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
        """Whether anybody listens: worth asking before making an expensive text."""
        return self._sink is not None

    def begin(self, **what: Value) -> None:
        """The first record: what the trace is of."""
        if self._clock is not None:
            wall = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="seconds")
            self._write("start", {"format": FORMAT, "wall": wall, **what})

    def says(self, kind: str, direction: str, text: str, **numbers: Value) -> None:
        """A piece of the dialogue: `command`, `answer`, `urc` or `data`, secrets masked."""
        if self._sink is not None:
            text = masked(text)
            if len(text) > _LONGEST_TEXT:
                text = f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
            self._write(kind, {"dir": direction, "text": text, **numbers})

    def notes(self, kind: str, event: str, **numbers: Value) -> None:
        """Something beside the dialogue: of `line`, `net`, `buffer`, `power` or `host`."""
        if self._sink is not None:
            shown = {
                name: masked(value) if isinstance(value, str) else value
                for name, value in numbers.items()
            }
            self._write(kind, {"event": event, **shown})

    def _write(self, kind: str, what: Record) -> None:
        assert self._clock is not None
        assert self._sink is not None
        self._sink({"t": round(self._clock.now() - self._began, 6), "kind": kind, **what})


#: For everything that is not traced.
NO_TRACE = Trace(None, None)
