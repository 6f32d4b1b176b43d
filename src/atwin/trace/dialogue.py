"""Makes a dialogue of the bytes on a line: commands, answers, URCs, and data by their size.

It listens to both directions and knows no more than they tell. What is data is never written
down, whatever it looks like: of what is sent to the module only command lines are (`Typed` tells
them from data), and of what comes from it only answers and what has the form of a URC
(`AnswerParser` tells them from bodies). Both know what to expect from the table of commands.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from atwin.at.answers import AnswerParser
from atwin.at.dialect.commands import expected_of
from atwin.at.dialect.results import (
    OK,
    Fetched,
    LinkStatus,
    NoCarrier,
    PacketOfLink,
    is_result,
)
from atwin.at.dialect.urcs import FOREIGN, Closed, Connect, Ready, SecureClosed, parse_urc
from atwin.at.events import BodyData, BodyStart, Final, Information, Prompt, Received, Unsolicited
from atwin.at.reply import frame_urc
from atwin.text import masked
from atwin.text.mask import cached
from atwin.trace.trace import form_of
from atwin.trace.typed import Amount, Typed, TypedAs, whole_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.at.events import Event
    from atwin.trace.trace import Trace

#: What is written down of unknown lines from the module: no line of base64 has a colon or a blank.
_URC_LIKE = re.compile(r"[+*^][A-Z][\w.]*[: ].*|OK|ERROR|NO CARRIER")
#: How information begins that is not an echo.
_NAMED = re.compile(r"[+*^][A-Z]\w*:")
#: Plain information that is shown while TCP links may be open: what they bring has no frame either.
_NUMBERS = re.compile(r"[\d.]+|STATE: ?[A-Z ]+|C: ?\d,.*")
_OPENS, _SHUTS = {"+CIPSTART", "+CIPSEND"}, "+CIPSHUT"
#: What makes the line a modem's.
_PACKET_CALLS = {"D", "+CGDATA"}

#: Seconds after which a command that got no result holds back the next one no longer.
_LONGEST_ANSWER = 150.0
#: Seconds of data without a frame that become one record.
_SPAN = 0.25
#: What ends transparent mode, as the module says it; after `+++` the first.
STREAM_ENDS = tuple(
    frame_urc(text) for text in (OK, str(Closed()), str(SecureClosed()), str(NoCarrier()))
)
_ESCAPED = STREAM_ENDS[0]
_CONNECT = str(Connect())
_OK = frame_urc(OK)
#: Bytes in which the header of a body ends.
_LONGEST_HEADER = 64
#: Commands that are remembered after their result.
_REMEMBERED = _OPENS | {_SHUTS, "+CIPMODE"} | _PACKET_CALLS


@cached(64)
def _form_with_ok(data: bytes) -> str:
    """The form of a plain command and its OK; "" where `data` is something else."""
    text = plain_command(data)
    return form_of("command", ">", text) + form_of("answer", "<", OK) if text else ""


@cached(64)
def plain_command(data: bytes) -> str:
    """The text of a command line after which a result comes, or a body, and nothing is hidden.

    "" where `data` is something else, or a part of it.
    """
    text = whole_command(data)
    expected, shape = expected_of(text), expected_of(text).shape
    more = shape.prompt or shape.own or expected.reads_file or Fetched in shape.bodies
    names = {command.name for command in expected.commands} | expected.names
    remembered = expected.links is not None or names & _REMEMBERED
    plain = expected.answered and not more and not remembered and masked(text) == text
    return text if plain else ""


@cached(64)
def plain_urc(data: bytes) -> str:
    """The text of a URC that is `data`, and changes nothing of what comes after it; else ""."""
    text = data[2:-2].decode("latin-1")
    urc = parse_urc(text)
    is_alone = data == frame_urc(text) and text.isascii() and text.isprintable()
    changes = urc is None or isinstance(urc, Ready | Connect) or is_result(text)
    of_link = LinkStatus.read(text) or PacketOfLink.read(text) or "+IPD" in text
    return text if is_alone and text == text.strip() and not changes and not of_link else ""


def whole_body(command: str, data: bytes) -> tuple[str, int] | None:
    """The header of its body and the bytes of that, where `data` are both, framed, with an OK."""
    end = data.find(b"\r\n", 2, _LONGEST_HEADER)
    if end < 0 or not data.startswith(b"\r\n") or not data.endswith(_OK):
        return None
    header = data[2:end].decode("latin-1")
    for kind in expected_of(command).shape.bodies:
        if (body := kind.read(header.upper())) is not None:
            # A line end that is not counted may belong to it (docs/spec/http.md §3.7).
            rest = data[end + 2 + body.length :] if body.length > 0 else b""
            whole = rest in (_OK, b"\r\n" + _OK) and header == header.strip()
            return (header, body.length) if whole else None
    return None


class Dialogue:
    """Tells `trace` what `to_module` and `to_host` hear.

    Most of what is said is a plain command in one piece, and in one its OK, with a body or without.
    While nothing else is under way both are told as they are (`_passing`), and what the parsers
    would know of them is made good when something else comes (`_catch_up`).

    `lossless`: it stands at the module's end, where no byte is lost before it is heard, so that a
    command that comes early waits for the result of the one before. A host's end starts over with
    each command, as hosts do.
    """

    #: What data are counted in.
    AMOUNT: type[Amount] = Amount
    #: Whether each step is to be heard, and not only what is said.
    STEPWISE = False

    def __init__(self, trace: Trace, *, lossless: bool) -> None:
        self._trace = trace
        self._lossless = lossless
        self._parser = AnswerParser()
        self._out, self._in = self.AMOUNT(trace, ">"), self.AMOUNT(trace, "<")
        self._typed = Typed(self._out, self._command)
        #: When the command in flight was sent, None where there is none, and those after it.
        self._sent_at: float | None = None
        self._waiting: deque[str] = deque()
        #: It carries a secret; links may be open; a link's CONNECT begins transparent mode.
        self._guarded = self._linked = self._transparent = False
        #: The last three bytes to the module in transparent mode.
        self._last_typed = b""
        #: Nothing is under way; a plain command that is on its way, and when it came; the last one
        #: that has had its OK.
        self._rests = False
        self._passing, self._passing_at, self._passed = "", 0.0, ""

    def pass_all(self, said: Sequence[bytes]) -> list[str]:
        """A form for each pair, if `said` are plain commands, each with its OK; else nothing.

        What many programs do for long needs no look at each piece.
        """
        forms = list(map(_form_with_ok, said[::2])) if self._rests else []
        if not forms or "" in forms or said[1::2] != [_OK] * len(forms):
            return []
        self._passed = plain_command(said[-2])
        return forms

    # --- to the module --------------------------------------------------------------------------

    def to_module(self, data: bytes) -> None:
        """Bytes that go to the module."""
        if self._rests and (text := plain_command(data)):
            self._rests = False
            self._passing, self._passing_at = text, self._trace.now
            self._trace.says("command", ">", text)
            return
        self._catch_up()
        if self._typed.state is TypedAs.STREAM:
            self._last_typed = (self._last_typed + data)[-3:]
            self._stream(self._out, self._in, data)
            return
        self._look_at(data)

    def _catch_up(self) -> None:
        """Know of commands that have passed what would be known of them."""
        self._rests = False
        if self._passed:
            self._typed.passed(self._passed)
            self._begin(self._passed, 0.0)
            self._parser.feed(_OK)
            self._sent_at = None
        if self._passing:
            self._typed.passed(self._passing)
            self._begin(self._passing, self._passing_at)
        self._passed = self._passing = ""

    def _look_at(self, data: bytes = b"") -> None:
        if self._typed.state is TypedAs.UNDECIDED and not self._in_flight:
            self._typed.turn(TypedAs.COMMANDS)
        if data or self._typed.waits:
            self._typed.hear(data)

    @property
    def _in_flight(self) -> bool:
        """Whether a result may still come."""
        return self._sent_at is not None and self._trace.now - self._sent_at < _LONGEST_ANSWER

    def _command(self, shown: str, meant: str) -> None:
        self._trace.says("command", ">", shown)
        if self._lossless and self._in_flight:
            self._waiting.append(meant)
            # Whether what follows is data only its own prompt can tell.
            self._decide_later(meant)
        else:
            self._waiting.clear()
            self._begin(meant, self._trace.now)

    def _begin(self, line: str, now: float) -> None:
        self._end_body()
        self._parser.begin(line)
        expected = self._parser.command.expected
        self._sent_at = now if expected.answered else None
        self._guarded = masked(line) != line
        self._linked = (self._linked or bool(_OPENS & expected.names)) and (
            _SHUTS not in expected.names
        )
        if "+CIPMODE" in expected.names and (mode := expected.value("+CIPMODE")) is not None:
            self._transparent = mode == "1"
        self._decide_later(line)

    def _decide_later(self, line: str) -> None:
        if self._lossless:
            takes_data = expected_of(line).shape.prompt is not None
            self._typed.turn(TypedAs.UNDECIDED if takes_data else TypedAs.COMMANDS)

    # --- from the module ------------------------------------------------------------------------

    def to_host(self, data: bytes) -> None:
        """Bytes that come from the module."""
        if self._passing and data.endswith(_OK):
            body = None
            if data == _OK or (body := whole_body(self._passing, data)) is not None:
                if body is not None:
                    self._trace.says("answer", "<", body[0])
                    self._trace.says("data", "<", "", bytes=body[1], took=0.0)
                self._trace.says("answer", "<", OK)
                self._passed, self._passing, self._rests = self._passing, "", True
                return
        if self._rests and (text := plain_urc(data)):
            self._trace.says("urc", "<", text)
            return
        self._catch_up()
        if self._typed.state is TypedAs.STREAM:
            end = next((end for end in STREAM_ENDS if data.endswith(end)), b"")
            if not end or (end == _ESCAPED and self._last_typed != b"+++"):
                self._stream(self._in, self._out, data)
                return
            self._stream(self._in, self._out, data[: -len(end)])
            self._end_stream()
            data = end
        for event in self._parser.feed(data):
            self._handle(event)
        if self._typed.state is not TypedAs.STREAM:
            self._look_at()
        elif waited := self._typed.forget():
            self._stream(self._out, self._in, waited)
        self._rests = (
            data.endswith(_OK)
            and self._sent_at is None
            and self._typed.rests
            and not (self._in.begun or self._out.begun or self.STEPWISE)
        )

    def cut(self, _: bytes = b"") -> None:
        """The module was reset, or switched off: nothing it had begun will end."""
        self._catch_up()
        self._end_stream()
        self._parser.end()
        self._forget_flight()
        self._typed.cut()

    def end(self, _: bytes = b"") -> None:
        """Tell what is known of what is under way."""
        self._catch_up()
        self._end_stream()
        self._end_body()
        self._out.end()

    def _handle(self, event: Event) -> None:
        match event:
            case Final(text=text, damaged=damaged):
                self._finish(text, damaged=damaged)
            case BodyData(data=data):
                self._in.add(data)
                if self._in.bytes == self._in.announced:
                    self._in.end()
            case BodyStart(header, length):
                if header:
                    self._trace.says("answer", "<", header)
                self._in.begin(length)
            case Information(text):
                self._information(text)
            case Prompt(text):
                self._trace.says("answer", "<", text)
                self._typed.asked(
                    *self._parser.command.expected.data(multi=bool(self._parser.command.multi))
                )
            case Received(link, data, left):
                self._in.add(data)
                if left == 0:
                    self._in.end("received" if link is None else f"received by link {link}")
            case Unsolicited(text, urc):
                self._unsolicited(text, known=urc is not None)
                if isinstance(urc, Ready):
                    self._forget_flight()
                if isinstance(urc, Connect):
                    self._begin_stream()

    @property
    def _reads_file(self) -> bool:
        return self._sent_at is not None and self._parser.command.expected.reads_file

    def _information(self, text: str) -> None:
        named = _NAMED.match(text) is not None
        if self._reads_file:
            self._in.add(_as_line(text))
        elif self._guarded and not named:
            # Its echo most likely, with something lost of it: nothing in it can be trusted to be
            # known for a secret.
            self._in.add(text.encode("latin-1"))
            self._in.end("an echo, damaged")
        elif not named and (
            # Of a body whose header got lost, or of what came over a link.
            self._parser.command.expected.shape.bodies
            or (self._linked and _NUMBERS.fullmatch(text) is None)
        ):
            self._in.add(_as_line(text))
        else:
            self._trace.says("answer", "<", text)

    def _finish(self, text: str, *, damaged: bool) -> None:
        self._end_body()
        self._in.end("file" if self._reads_file else "maybe data")
        if self._typed.state is TypedAs.DATA:
            self._typed.data_over()  # the module had waited long enough for the rest
        if damaged:
            self._trace.says("answer", "<", text, damaged=True)
        else:
            self._trace.says("answer", "<", text)
        self._sent_at = None
        self._typed.turn(TypedAs.COMMANDS)
        if text == _CONNECT:
            self._begin_stream()
        if self._waiting:
            self._begin(self._waiting.popleft(), self._trace.now)
            if self._waiting and self._typed.state is TypedAs.COMMANDS:
                self._decide_later(self._waiting[-1])

    def _unsolicited(self, text: str, *, known: bool) -> None:
        like_urc = text.isprintable() and (_URC_LIKE.fullmatch(text) or FOREIGN.fullmatch(text))
        if known or like_urc:
            self._trace.says("urc", "<", text)
        else:
            self._in.add(_as_line(text))
            if not self._reads_file:
                self._in.end("no answer and no URC")

    def _end_body(self) -> None:
        if self._in.announced is not None:
            self._in.end()

    def _forget_flight(self) -> None:
        self._end_body()
        self._typed.data_over()
        self._waiting.clear()
        self._sent_at = None

    # --- transparent mode -----------------------------------------------------------------------

    def _begin_stream(self) -> None:
        commands = self._parser.command.expected.commands
        if self._transparent or (commands and commands[-1].name in _PACKET_CALLS):
            self._typed.state = TypedAs.STREAM

    def _stream(self, amount: Amount, other: Amount, data: bytes) -> None:
        other.end("transparent")
        amount.add(data)
        if amount.age >= _SPAN:
            amount.end("transparent")

    def _end_stream(self) -> None:
        if self._typed.state is TypedAs.STREAM:
            self._typed.state, self._last_typed = TypedAs.COMMANDS, b""
            self._out.end("transparent")
            self._in.end("transparent")


def _as_line(text: str) -> bytes:
    return text.encode("latin-1") + b"\r\n"
