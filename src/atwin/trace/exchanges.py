"""What was said on a line, command by command, with the bytes of each step.

`Dialogue` says what the bytes are; here nothing of them is dropped or masked. So this is for what
replays and compares, and no text of it may be shown without `masked`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, cast

from atwin.at.dialect.commands import expected_of
from atwin.at.events import BodyStart, Echo, Final, Information, Prompt, Received
from atwin.at.grammar import Form
from atwin.trace.dialogue import STREAM_ENDS, Dialogue
from atwin.trace.typed import Amount, TypedAs

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.events import Event
    from atwin.trace.trace import Trace, Value

#: Seconds without a byte from the module after which a new command waits for no result any more.
_GIVEN_UP = 0.4
#: Seconds between two pieces of transparent mode that are two steps.
_PAUSE = 0.2
#: Bytes of a step without what was said.
_STEP_SIZE = 400
_LF = 0x0A


class StepKind(Enum):
    """What a step is."""

    COMMAND = "a command line"
    ECHO = "what the module types back"
    ANSWER = "information"
    PROMPT = "the module wants data"
    RESULT = "the end of an answer"
    URC = "a line that nobody asked for"
    DATA = "data that were asked for, or a body"
    STREAM = "data of transparent mode"
    NOISE = "what is not a command, answer or URC"

    __hash__ = object.__hash__


#: By what `Dialogue` says of data; everything else are data.
_DATA_KINDS = {
    "transparent": StepKind.STREAM,
    "no command": StepKind.NOISE,
    "nobody asked for": StepKind.NOISE,
    "no line end": StepKind.NOISE,
    "no answer and no URC": StepKind.NOISE,
    "an echo, damaged": StepKind.NOISE,
}
_EVENT_KINDS: dict[type[object], StepKind] = {
    Final: StepKind.RESULT,
    Prompt: StepKind.PROMPT,
}


#: What sets the form of results, and what they are as numbers.
_NUMERIC, _RESULTS = {"V", "&F", "Z"}, {"0", "1", "3", "4"}


@dataclass(slots=True)
class LineStep:
    """One thing that one side said."""

    #: `>` to the module, `<` from it.
    way: str
    kind: StepKind
    #: A line without its end, or of data what they are.
    text: str
    #: Data without their frame.
    data: bytes
    #: Seconds when its first byte came, and its last.
    began: float
    ended: float
    #: All its bytes on the line.
    raw: bytes = b""


@dataclass(slots=True)
class Exchange:
    """A command and what follows it up to the next one; the first has no command."""

    #: The line without its end; of A/ the one that it repeats.
    command: str = ""
    steps: list[LineStep] = field(default_factory=list)
    #: Its first result; None where none has come.
    result: LineStep | None = None

    @property
    def echoed(self) -> bool:
        """Whether the module typed it back."""
        return any(step.kind is StepKind.ECHO for step in self.steps)

    @property
    def is_query(self) -> bool:
        """Whether it changes nothing: it reads, tests, or is answered with information alone.

        A command that takes data, brings a body or begins something is not a query.
        """
        expected = expected_of(self.command)
        if expected.shape.closing or expected.shape.bodies or expected.shape.prompt:
            return False
        forms = {command.form for command in expected.commands}
        if forms <= {Form.READ, Form.TEST}:
            return True
        kinds = {step.kind for step in self.steps}
        return forms == {Form.EXECUTE} and StepKind.ANSWER in kinds and StepKind.DATA not in kinds


class _KeptAmount(Amount):
    """Data themselves, and not their size alone."""

    def __init__(self, trace: Trace, direction: str) -> None:
        super().__init__(trace, direction)
        self.content = bytearray()

    def add(self, data: bytes | bytearray | memoryview) -> None:
        super().add(data)
        self.content += data

    def end(self, text: str = "") -> None:
        super().end(text)
        self.content.clear()


class _Listener:
    """What `Dialogue` takes for a trace."""

    def __init__(self, says: Callable[..., None]) -> None:
        self.now = 0.0
        self.says = says


class Exchanges(Dialogue):
    """`all` there are so far; the last ones may not be over. `feed` it both directions.

    `begun` is called with each whose answer comes next, `stepped` with each step.
    """

    AMOUNT, STEPWISE = _KeptAmount, True
    _out: _KeptAmount
    _in: _KeptAmount

    def __init__(self, most: int | None = None) -> None:
        """What comes after `most` bytes is heard and not kept; None means no limit."""
        self._ear = _Listener(self._says)
        super().__init__(cast("Trace", self._ear), lossless=True)
        #: What came before the first command is the first of them.
        self.all = [Exchange()]
        #: The steps of all, in the order in which they came.
        self.steps: list[LineStep] = []
        self.begun: Callable[[Exchange], None] = lambda exchange: None
        self.stepped: Callable[[LineStep], None] = lambda step: None
        self._current = 0
        #: Bytes that belong to no step yet, when the first of each came, and the last from the
        #: module.
        self._typed_raw, self._told_raw = bytearray(), bytearray()
        self._typed_at: float | None = None
        self._told_at: float | None = None
        #: When the last byte came in each direction.
        self._last = {">": 0.0, "<": 0.0}
        #: How many bytes to the module have got their step.
        self._attributed = 0
        #: Bytes of a body or packet that are due.
        self._due = 0
        self._event: Event | None = None
        self._most = most
        self._kept = 0
        #: ATV0 holds: results are numbers.
        self._numeric = False

    @property
    def current(self) -> Exchange:
        """That whose answer comes now."""
        return self.all[self._current]

    @property
    def typed_as(self) -> TypedAs:
        """What the host sends next."""
        return self._typed.state

    def feed(self, t: float, way: str, data: bytes) -> None:
        """`data` passed at `t` seconds, to the module (`>`) or from it."""
        self._ear.now = t
        if not data:
            return
        if way == ">":
            self.to_module(data)
        else:
            self.to_host(data)

    def end(self, _: bytes = b"") -> None:
        super().end()
        if rest := bytes(self._typed_raw):
            self._typed_raw.clear()
            self._add(
                LineStep(">", StepKind.NOISE, "no line end", rest, *self._span(">"), raw=rest)
            )
        last = next((step for step in reversed(self.steps) if step.way == "<"), None)
        if last is not None and not self._told_raw.strip(b"\r\n"):
            last.raw += self._told_raw  # the rest of its line end
            self._told_raw.clear()
        elif self._told_raw:
            self._add(LineStep("<", StepKind.NOISE, "no line end", b"", *self._span("<")))

    def give_up(self) -> None:
        """No result comes any more for the command in flight."""
        if self._sent_at is not None:
            self._parser.end()
            self._end_body()
            self._sent_at = None
            self._typed.turn(TypedAs.COMMANDS)
            if self._waiting:
                self._begin(self._waiting.popleft(), self._ear.now)

    # --- to the module --------------------------------------------------------------------------

    def to_module(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            if self._typed.state is TypedAs.STREAM:
                if self._out.bytes and self._ear.now - self._last[">"] > _PAUSE:
                    self._out.end("transparent")
                size = len(data) - at
                self._typed.consumed += size
            else:
                found = data.find(b"\r", at)
                size = (len(data) if found < 0 else found + 1) - at
                if data[at + size : at + size + 1] == b"\n":
                    size += 1
            self._last[">"] = self._ear.now
            if self._typed_at is None:
                self._typed_at = self._ear.now
            self._typed_raw += data[at : at + size]
            super().to_module(data[at : at + size])
            at += size

    @property
    def _in_flight(self) -> bool:
        heard = max(self._sent_at or 0.0, self._last["<"])
        return super()._in_flight and self._ear.now - heard < _GIVEN_UP

    def _command(self, shown: str, meant: str) -> None:
        if self._most is not None and self._kept > self._most:
            self._drop_last()
        self.all.append(Exchange(meant))
        step = LineStep(">", StepKind.COMMAND, shown, b"", *self._span(">"))
        self._take_typed(step)
        self._keep(step, self.all[-1])
        super()._command(shown, meant)

    def _drop_last(self) -> None:
        """Forget the last exchange, if it is over."""
        if not self._in_flight and 0 < self._current == len(self.all) - 1:
            steps = self.all.pop().steps
            del self.steps[len(self.steps) - len(steps) :]
            self._kept -= sum(map(_size, steps))
            self._current -= 1

    def _begin(self, line: str, now: float) -> None:
        self._current = len(self.all) - 1 - len(self._waiting)
        self._due = 0
        super()._begin(line, now)
        for command in self._parser.command.expected.commands:
            if command.name in _NUMERIC:
                self._numeric = command.name == "V" and command.arguments in ("", "0")
        self.begun(self.current)

    def _take_typed(self, step: LineStep) -> None:
        """Its bytes are those that were looked at, with the LF of its CR LF."""
        size = self._typed.consumed - self._attributed
        if step.kind is StepKind.COMMAND and self._typed_raw[size : size + 1] == b"\n":
            size += 1
        step.raw = bytes(self._typed_raw[: max(size, 0)])
        del self._typed_raw[: max(size, 0)]
        self._attributed += size
        self._typed_at = self._ear.now if self._typed_raw else None

    # --- from the module ------------------------------------------------------------------------

    def to_host(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            if self._typed.state is TypedAs.STREAM:
                size = len(data) - at
            elif self._due:
                size = min(self._due, len(data) - at)
            else:
                found = data.find(b"\n", at)
                size = (len(data) if found < 0 else found + 1) - at
            self._last["<"] = self._ear.now
            if self._told_at is None:
                self._told_at = self._ear.now
            piece = data[at : at + size]
            self._told_raw += piece
            super().to_host(self._rejoined(piece) if self._typed.state is TypedAs.STREAM else piece)
            at += size

    def _rejoined(self, data: bytes) -> bytes:
        """`data`, with what belongs to it of the piece before where transparent mode ends.

        A capture puts each line down by itself.
        """
        kept = self._in.content
        for end in STREAM_ENDS:
            size = len(end) - len(data)
            if size > 0 and end.endswith(data) and kept.endswith(end[:size]):
                del kept[-size:]
                self._in.bytes -= size
                return end
        return data

    def _handle(self, event: Event) -> None:
        if self._numeric and isinstance(event, Information) and event.text in _RESULTS:
            self._parser.end()
            event = Final(event.text, ok=event.text == "0")
        self._event = event
        match event:
            case BodyStart(_, length):
                self._due = length
            case Received(_, _, left):
                self._due = left
            case Echo(text):
                self._add(LineStep("<", StepKind.ECHO, text, b"", *self._span("<")))
        super()._handle(event)
        if not isinstance(event, BodyStart | Received):
            # (What came before a body may be counted with it: as much as was announced, or more.)
            self._due = max((self._in.announced or 0) - self._in.bytes, 0)
        self._event = None

    # --- steps ----------------------------------------------------------------------------------

    def _says(self, kind: str, direction: str, text: str, **numbers: Value) -> None:
        if kind == "command":
            return
        amount = self._out if direction == ">" else self._in
        kinds = {"urc": StepKind.URC, "data": _DATA_KINDS.get(text, StepKind.DATA)}
        known = kinds.get(kind) or _EVENT_KINDS.get(type(self._event), StepKind.ANSWER)
        data = bytes(amount.content) if kind == "data" else b""
        step = LineStep(direction, known, text, data, *self._span(direction))
        if direction == ">":
            self._take_typed(step)
        self._add(step)

    def _add(self, step: LineStep) -> None:
        if step.way == "<":
            step.raw = bytes(self._told_raw)
            self._told_raw.clear()
            self._told_at = None
        self._keep(step, self.current)
        self.stepped(step)

    def _keep(self, step: LineStep, exchange: Exchange) -> None:
        is_full = self._most is not None and self._kept > 2 * self._most
        if is_full and step.kind is not StepKind.COMMAND:
            return  # what comes without commands has no end either
        exchange.steps.append(step)
        if step.kind is StepKind.RESULT and exchange.result is None:
            exchange.result = step
        self.steps.append(step)
        self._kept += _size(step)

    def _span(self, way: str) -> tuple[float, float]:
        began = self._typed_at if way == ">" else self._told_at
        return (self._ear.now if began is None else began), self._last[way]


def _size(step: LineStep) -> int:
    """Bytes that it takes, more or less."""
    return len(step.raw) + len(step.data) + _STEP_SIZE
