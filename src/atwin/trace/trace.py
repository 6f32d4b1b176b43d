"""The one place where everything that happens is reported.

A record is a flat JSON object on a line of its own: `t` in seconds since the trace began, `kind`,
and what that kind has. Of the dialogue: `dir` (`>` to the module, `<` from it) and `text`, for
`data` also `bytes` and `took` in seconds. Of the rest: `event`, a few words, and its numbers.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from atwin.clock.base import goes_on
from atwin.text import masked
from atwin.text.mask import cached
from atwin.trace.ear import BLOCK, PIECES, Ear, line_ears
from atwin.trace.raw import RawListeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.clock.base import Timer
    from atwin.trace.ear import Hear, PassAll

    Value = str | int | float | bool | None
    Fields = tuple[tuple[str, Value], ...]
    #: How a record begins: what it is, and the words of it.
    Frame = tuple[tuple[str, str], ...]

#: What the first record calls the format.
FORMAT = "atwin-trace 1"

#: Seconds that what was reported may wait, and bytes of large pieces.
_PAUSE, _MOST_WAITING = 0.2, 1 << 22
#: Seconds that it may wait where somebody looks on, or keeps the bytes.
_SHORT_PAUSE = 0.05
#: Seconds between looks whether so many pieces wait that they would soon push each other
#: out of the caches, and at how many they may not wait whatever the time.
_LOOK, _MANY_PIECES, _MOST_PIECES = 0.01, 1 << 10, 1 << 14
#: Large pieces of the line within this many seconds are heard as one; bytes of a large one.
_ONE_PIECE, _LARGE = 0.0005, 1024
#: Characters of one text that are kept.
_LONGEST_TEXT = 600

_encode = json.JSONEncoder().encode


class Trace:
    """Gives each record its time and hands its line to each sink; `raw` hears the bytes as well.

    If nobody listens it costs nothing. What is reported is only put down; making records of
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
        self._time = clock.now if clock is not None else float
        self._began = self._time()
        #: Who is to hear, what, and when it was; each three in a row.
        self._queue: list[Any] = []
        #: Puts down such three where some wait already. Where time goes on by itself, the timer
        #: bounds how many do.
        self._put_more: Callable[[tuple[Ear, Any, float]], None] = (
            self._put_counted if clock is None or not goes_on(clock) else self._queue.extend
        )
        self._writer = Ear(self._write)
        self._timer: Timer | None = None
        self._due = 0.0
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
        return self._time() - self._began if self._clock is not None else 0.0

    @property
    def began(self) -> float:
        """UTC seconds since 1970 when it began; 0 when nobody listens."""
        return self._clock.wall() - self.now if self._clock is not None else 0.0

    def add(self, sink: Callable[[str], None]) -> None:
        """One more sink, for what is reported from now on. What `on` has left out stays out."""
        self.flush()
        self._sinks = (*self._sinks, sink)

    def remove(self, sink: Callable[[str], None]) -> None:
        """The sink gets what was reported so far, and no more; harmless when called twice."""
        self.flush()
        self._sinks = tuple(one for one in self._sinks if one != sink)

    def begin(self, **what: Value) -> None:
        """The first record: what the trace is of."""
        if self._clock is not None:
            wall = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="seconds")
            frame = (("kind", "start"), ("format", FORMAT), ("wall", wall))
            self.opening = f'{{"t":{self.now:.6f},{_encoded(frame)}{_also(what)}}}\n'
            self._put(self._writer, (frame, what))

    def says(self, kind: str, direction: str, text: str, **numbers: Value) -> None:
        """A piece of the dialogue: `command`, `answer`, `urc` or `data`, secrets masked."""
        if self._moment is not None and not numbers and not self.raw.hears_records:
            self._lines.append(form_of(kind, direction, text) % self._moment)
        else:
            frame = (("kind", kind), ("dir", direction), ("text", text))
            self._put(self._writer, (frame, numbers))

    def notes(self, kind: str, event: str, **numbers: Value) -> None:
        """Something beside the dialogue: of `module`, `line`, `net`, `buffer`, `power`, `fault`,
        `script`, `host` or `end`.
        """
        if self._clock is not None:
            frame = (("kind", kind), ("event", event))
            self._put(self._writer, (frame, numbers))

    def ears(self, to_module: Hear, to_host: Hear, pass_all: PassAll) -> tuple[Hear, Hear]:
        """Two functions that have those two called in turn, as `hears` does, for a whole line."""
        first, second = line_ears(to_module, to_host, pass_all)
        return self._hearing(first), self._hearing(second)

    def hears(self, listener: Hear, data: bytes) -> None:
        """Have `listener` called with `data` in turn; `now` is then this moment."""
        self._hearing(Ear(listener))(data)

    def _hearing(self, ear: Ear) -> Hear:
        queue, put_more, now = self._queue, self._put_more, self._time

        def hears(data: bytes) -> None:
            # Nothing but this is done in the midst of what is traced.
            if queue and len(data) < _LARGE:
                put_more((ear, data, now()))
            elif len(data) < _LARGE:
                self._put(ear, data)
            else:
                self._hears_large(ear, data)

        return hears

    def _hears_large(self, ear: Ear, data: bytes) -> None:
        self._waiting_bytes += len(data)
        if not self._adds(ear, data):
            self._put(PIECES, (ear, [data]))
        if self._waiting_bytes > _MOST_WAITING:
            self.flush()

    def _adds(self, ear: Ear, data: bytes) -> bool:
        """Whether `data` goes with the large pieces that `ear` is to hear last."""
        if self._moment is not None or not self._queue:
            return False
        last, what, moment = self._queue[-3:]
        if last is not PIECES or what[0].hear != ear.hear or self._time() - moment > _ONE_PIECE:
            return False
        what[1].append(data)
        return True

    def flush(self) -> None:
        """Hand over everything that was reported so far."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        queue = self._queue[:]
        self._queue.clear()
        self._waiting_bytes = 0
        self._moment = 0.0
        try:
            for at in range(0, len(queue), 3 * BLOCK):
                self._work_off(queue[at : at + 3 * BLOCK])
        finally:
            self._moment = None
        lines, self._lines = self._lines, []
        if lines and self._sinks:
            text = "".join(lines)
            for sink in self._sinks:
                sink(text)
        self.raw.flushed()

    def _work_off(self, block: list[Any]) -> None:
        ears, began = block[::3], self._began
        is_run = ears == ears[0].by_turns[: len(ears)] and not self.raw.on
        if is_run and (forms := ears[0].pass_all(block[1::3])):
            moments = [moment - began for moment in block[2::3]]
            self._lines.append("".join(forms) % tuple(moments))
            return
        for ear, what, moment in zip(ears, block[1::3], block[2::3], strict=True):
            self._moment = moment - began
            ear.hear(what)

    def stop(self) -> None:
        """Nobody listens any more."""
        self.flush()
        self._sinks = ()
        self.raw.clear()

    def _put(self, ear: Ear, what: Any) -> None:
        if self._moment is not None:
            ear.hear(what)  # it belongs to the moment that is being worked off
        elif self._queue:
            self._put_more((ear, what, self._time()))
        elif self._clock is not None and self.on:
            moment = self._time()
            self._queue += (ear, what, moment)
            self._due = moment + (_SHORT_PAUSE if self.raw.on else _PAUSE)
            self._timer = self._clock.call_later(_LOOK, self._look)

    def _look(self) -> None:
        if self._clock is not None and len(self._queue) < 3 * _MANY_PIECES:
            left = self._due - self._time()
            if left > 0:
                self._timer = self._clock.call_later(min(_LOOK, left), self._look)
                return
        self.flush()

    def _put_counted(self, told: tuple[Ear, Any, float]) -> None:
        """Where as much as anybody likes may happen in no time."""
        self._queue += told
        if len(self._queue) >= 3 * _MOST_PIECES:
            self.flush()

    def _write(self, what: tuple[Frame, dict[str, Value]]) -> None:
        frame, more = what
        if self.raw.hears_records and self._moment is not None:
            self.raw.record(self._moment, (*frame, *more.items()))
        if self._sinks:
            also = _also(more) if more else ""
            self._lines.append(f'{{"t":{self._moment:.6f},{_encoded(frame)}{also}}}\n')


# Most reports come again and again: `OK`, and everything that comes with each part of a download.
@cached(512)
def form_of(kind: str, direction: str, text: str) -> str:
    """The line of a piece of the dialogue, with `%` for its time."""
    said = _encoded((("kind", kind), ("dir", direction), ("text", text)))
    return f'{{"t":%.6f,{said.replace("%", "%%")}}}\n'


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
