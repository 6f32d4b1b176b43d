"""The one thing everything that happens is told to.

A record is a flat JSON object on a line of its own: `t` in seconds since the trace began, `kind`,
and what that kind has. Of the dialogue: `dir` (`>` to the module, `<` from it) and `text`, for
`data` also `bytes` and `took` in seconds. Of the rest: `event`, a few words, and its numbers.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from atwin.text import masked
from atwin.text.mask import cached
from atwin.trace.raw import RawListeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.clock.base import Timer

    Value = str | int | float | bool | None
    Fields = tuple[tuple[str, Value], ...]
    #: How a record begins: what it is, and the words of it.
    Frame = tuple[tuple[str, str], ...]

#: What the first record calls the format.
FORMAT = "atwin-trace 1"

#: Seconds that what was told may wait; how many pieces may, and bytes of large ones.
_PAUSE, _MOST_PIECES, _MOST_WAITING = 0.05, 1 << 14, 1 << 22
#: Large pieces of the line that come within so many seconds are heard as one; bytes of a large one.
_ONE_PIECE, _LARGE = 0.0005, 1024
#: Characters of one text that are kept.
_LONGEST_TEXT = 600

_encode = json.JSONEncoder().encode


class Trace:
    """Gives each record its time and hands its line to each sink; `raw` hears the bytes as well.

    Without anybody who listens it costs nothing. What is told is only put down; making records of
    it, and masking them, is done for many at once a moment later, which costs half as much and lets
    the line go on meanwhile.
    """

    def __init__(self, clock: Clock | None, sink: Callable[[str], None] | None = None) -> None:
        """A sink gets the lines of some hundredths of a second in one piece.

        Without a clock nobody hears anything.
        """
        #: The line of the first record, for who listens too late for it; empty before `begin`.
        self.opening = ""
        #: Who hears the bytes themselves.
        self.raw = RawListeners(self.flush)
        self._clock = clock
        self._sinks: tuple[Callable[[str], None], ...] = () if sink is None else (sink,)
        self._began = clock.now() if clock is not None else 0.0
        self._queue: list[tuple[float, Callable[[Any], None], Any]] = []
        self._timer: Timer | None = None
        #: When something more is to be done than to put down what is told: there is no timer yet,
        #: or no turn of the loop in which it could have come.
        self._due = -math.inf
        self._waiting_bytes = 0
        #: The moment that is being worked off.
        self._moment: float | None = None
        self._lines: list[str] = []

    @property
    def on(self) -> bool:
        """Whether anybody listens: worth asking before something is laid around a hot path."""
        return self._clock is not None and (bool(self._sinks) or self.raw.on)

    @property
    def now(self) -> float:
        """Seconds since it began; 0 when nobody listens."""
        if self._moment is not None:
            return self._moment
        return self._clock.now() - self._began if self._clock is not None else 0.0

    @property
    def began(self) -> float:
        """UTC seconds since 1970 when it began; 0 when nobody listens."""
        return self._clock.wall() - self.now if self._clock is not None else 0.0

    def add(self, sink: Callable[[str], None]) -> None:
        """One more sink, for what is told from now on. What `on` has left out stays out."""
        self.flush()
        self._sinks = (*self._sinks, sink)

    def remove(self, sink: Callable[[str], None]) -> None:
        """The sink gets what was told so far, and no more; harmless when called twice."""
        self.flush()
        self._sinks = tuple(one for one in self._sinks if one != sink)

    def begin(self, **what: Value) -> None:
        """The first record: what the trace is of."""
        if self._clock is not None:
            wall = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="seconds")
            frame = (("kind", "start"), ("format", FORMAT), ("wall", wall))
            self.opening = f'{{"t":{self.now:.6f},{_encoded(frame)}{_also(what)}}}\n'
            self._put(self._write, (frame, what))

    def says(self, kind: str, direction: str, text: str, **numbers: Value) -> None:
        """A piece of the dialogue: `command`, `answer`, `urc` or `data`, secrets masked."""
        if self._moment is not None and not numbers and not self.raw.hears_records:
            self._lines.append(f'{{"t":{self._moment:.6f},{_said(kind, direction, text)}}}\n')
        else:
            frame = (("kind", kind), ("dir", direction), ("text", text))
            self._put(self._write, (frame, numbers))

    def notes(self, kind: str, event: str, **numbers: Value) -> None:
        """Something beside the dialogue: of `module`, `line`, `net`, `buffer`, `power`, `fault`,
        `script`, `host` or `end`.
        """
        if self.on:
            self._put(self._write, ((("kind", kind), ("event", event)), numbers))

    def hears(self, listener: Callable[[bytes], None], data: bytes) -> None:
        """Have `listener` called with `data` in turn; `now` is then this moment."""
        if len(data) < _LARGE:
            self._put(listener, data)
        else:
            self._waiting_bytes += len(data)
            if not self._adds(listener, data):
                self._put(_hear_pieces, (listener, [data]))
            if self._waiting_bytes > _MOST_WAITING:
                self.flush()

    def _adds(self, listener: Callable[[bytes], None], data: bytes) -> bool:
        """Whether `data` goes with the large pieces that `listener` is to hear last."""
        if self._moment is not None or not self._queue:
            return False
        moment, call, what = self._queue[-1]
        if call is not _hear_pieces or what[0] != listener or self.now - moment > _ONE_PIECE:
            return False
        what[1].append(data)
        return True

    def flush(self) -> None:
        """Hand over everything that was told so far."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._due = None, -math.inf
        queue, self._queue, self._waiting_bytes = self._queue, [], 0
        try:
            for moment, call, what in queue:
                self._moment = moment
                call(what)
        finally:
            self._moment = None
        lines, self._lines = self._lines, []
        if lines and self._sinks:
            text = "".join(lines)
            for sink in self._sinks:
                sink(text)
        self.raw.flushed()

    def stop(self) -> None:
        """Nobody listens any more."""
        self.flush()
        self._sinks = ()
        self.raw.clear()

    def _put(self, call: Callable[[Any], None], what: Any) -> None:
        if self._moment is not None:
            call(what)
        elif self._clock is not None and (self._sinks or self.raw.on):
            moment = self._clock.now() - self._began
            self._queue.append((moment, call, what))
            if moment >= self._due or len(self._queue) >= _MOST_PIECES:
                self._come_due(moment)

    def _come_due(self, moment: float) -> None:
        assert self._clock is not None
        if self._timer is None:
            self._timer, self._due = self._clock.call_later(_PAUSE, self.flush), moment + _PAUSE
        else:
            self.flush()

    def _write(self, what: tuple[Frame, dict[str, Value]]) -> None:
        frame, more = what
        if self.raw.hears_records and self._moment is not None:
            self.raw.record(self._moment, (*frame, *more.items()))
        if self._sinks:
            also = _also(more) if more else ""
            self._lines.append(f'{{"t":{self._moment:.6f},{_encoded(frame)}{also}}}\n')


def _hear_pieces(what: tuple[Callable[[bytes], None], list[bytes]]) -> None:
    listener, pieces = what
    listener(pieces[0] if len(pieces) == 1 else b"".join(pieces))


# Most of what is told is told again: `OK`, and everything that comes with each part of a download.
@cached(512)
def _said(kind: str, direction: str, text: str) -> str:
    return _encoded((("kind", kind), ("dir", direction), ("text", text)))


@cached(512)
def _encoded(frame: Frame) -> str:
    """The inside of a JSON object."""
    return ",".join([_text(name, value) for name, value in frame])


def _also(more: dict[str, Value]) -> str:
    """More of it."""
    return "".join(
        [
            f",{_text(name, value)}" if isinstance(value, str) else f',"{name}":{_number(value)}'
            for name, value in more.items()
        ]
    )


# So are addresses.
@cached(512)
def _text(name: str, value: str) -> str:
    return f'"{name}":{_encode(_kept(value))}'


def _number(value: float | None) -> str:
    return repr(value) if type(value) in (int, float) else _encode(value)


def _kept(text: str) -> str:
    """Masked first, so that no secret is cut in two and then not known any more."""
    text = masked(text)
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
    return text


#: For everything that is not traced.
NO_TRACE = Trace(None, None)
