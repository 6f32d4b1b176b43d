"""Makes a dialogue of the bytes on a line: commands, answers, URCs, and data by their size.

It listens to both directions and knows no more than they tell. What is data is never written
down, whatever it looks like: of what is sent to the module only command lines are, and of what
comes from it only answers and what has the form of a URC.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from atwin.at.answers import AnswerParser
from atwin.at.dialect.urcs import Connect, Ready
from atwin.at.events import BodyData, BodyStart, Echo, Final, Line, Prompt, Received, Unsolicited
from atwin.at.shape import Shape, shape_of
from atwin.text import masked

if TYPE_CHECKING:
    from atwin.at.events import Event
    from atwin.trace.trace import Trace

_CR, _LF = 0x0D, 0x0A

_LINE_END = re.compile(rb"[\r\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What is written down of the bytes to the module. The rule is narrow on purpose: behind a prompt
#: that was lost, a line of a key file must not pass for a command.
_COMMAND = re.compile(r"AT(?:.{0,14}|[\w&; ]{0,14}[+*^][A-Z]\w*\s*(?:[=?;].*)?)|A/", re.IGNORECASE)
#: The same of unknown lines from it: no line of base64 has a colon or a blank.
_URC_LIKE = re.compile(
    r"[+*^][A-Z][\w.]*[: ].*|\^boot.*|NORMAL POWER DOWN|ERROR: ?\d+|OK|ERROR|RING|NO CARRIER"
    r"|(?:SMS|Call|PB) \w+"
)
#: How information begins that is no echo.
_INFORMATION = re.compile(r"[+*^][A-Z]\w*:")
#: Commands that decide what later ones mean, and FSREAD, whose answer is the content of a file
#: with nothing in front that says how long it is.
_TELLING = re.compile(
    r"\+(?:(CIPMUX|CIPMODE|FSREAD)\s*=\s*([01]?)|(CIPSTART|CIPSEND|CIPSHUT)\b)", re.IGNORECASE
)
#: Plain information that is shown while TCP links may be open: what they bring has no frame either.
_NUMBERS = re.compile(r"[\d.]+|STATE: ?[A-Z ]+|C: ?\d,.*")

#: Seconds after which a command that got no result holds back the next one no longer.
_LONGEST_ANSWER = 150.0
#: Bytes of a line that are kept, and of what waits for a prompt.
_LONGEST_LINE, _MOST_WAITING = 8192, 65536
#: Seconds of data without a frame that become one record.
_SPAN = 0.25
#: What ends transparent mode, as the module says it.
_ESCAPED = b"\r\nOK\r\n"
_BACK = (_ESCAPED, b"\r\nCLOSED\r\n", b"\r\nNO CARRIER\r\n")


class _Amount:
    """Data of one direction that come piece by piece and are one record."""

    def __init__(self, trace: Trace, direction: str) -> None:
        self._trace = trace
        self._direction = direction
        self.bytes = 0
        self._since = 0.0

    def begin(self) -> None:
        """They will come from now on."""
        self._since = self._trace.now

    def add(self, size: int) -> None:
        """So many more came."""
        if not self.bytes and not self._since:
            self.begin()
        self.bytes += size

    @property
    def age(self) -> float:
        """Seconds since the first of them."""
        return self._trace.now - self._since if self.bytes else 0.0

    def end(self, text: str = "", announced: int | None = None) -> None:
        """That was all; nothing is told of no data."""
        if self.bytes or announced:
            took = round(self._trace.now - self._since, 6)
            numbers = {} if announced in (None, self.bytes) else {"announced": announced}
            self._trace.says("data", self._direction, text, bytes=self.bytes, took=took, **numbers)
        self.bytes, self._since = 0, 0.0


class Dialogue:
    """Tells `trace` what `to_module` and `to_host` hear.

    `lossless`: it stands at the module's end, where no byte is lost before it is heard, so that a
    command that comes early waits for the result of the one before. A host's end begins anew with
    each command, as hosts do.
    """

    def __init__(self, trace: Trace, *, lossless: bool) -> None:
        self._trace = trace
        self._lossless = lossless
        self._parser = AnswerParser()
        #: To the module: not looked at yet, because a prompt decides what it is.
        self._typed = bytearray()
        self._line = bytearray()
        self._last_line = ""
        self._waiting: deque[str] = deque()
        self._in_flight = False
        self._sent_at = 0.0
        self._shape = Shape()
        self._reads_file = self._guarded = self._linked = False
        self._multi = self._transparent_mode = False
        self._transparent = False
        #: The last three bytes to the module meanwhile.
        self._last_typed = b""
        #: A command that takes data was sent, and the module has not said whether it wants them.
        self._undecided = False
        self._after_cr = False
        self._due = 0
        self._announced: int | None = None
        self._out = _Amount(trace, ">")
        self._in = _Amount(trace, "<")

    # --- to the module --------------------------------------------------------------------------

    def to_module(self, data: bytes) -> None:
        """Bytes that go to the module."""
        if self._transparent:
            self._last_typed = (self._last_typed + data)[-3:]
            self._stream(self._out, self._in, len(data))
            return
        self._typed += data
        self._read_typed()

    def _read_typed(self) -> None:
        if self._transparent:
            self._stream(self._out, self._in, len(self._typed))
            self._typed.clear()
            return
        if self._undecided and self._trace.now - self._sent_at > _LONGEST_ANSWER:
            self._undecided = False
        while self._typed and not self._undecided:
            if self._due:
                self._take_data()
            elif not self._take_line():
                return
        if len(self._typed) > _MOST_WAITING:
            self._out.add(len(self._typed))
            self._out.end("nobody asked for")
            self._typed.clear()

    def _take_data(self) -> None:
        if self._shape.end:
            ends = [at for at in map(self._typed.find, (b"\x1a", b"\x1b")) if at >= 0]
            size = min([*ends, len(self._typed)])
            self._out.add(size)
            del self._typed[: size + bool(ends)]
            if ends:
                self._end_data()
            return
        if self._after_cr and self._typed[0] == _LF:
            del self._typed[0]
        self._after_cr = False
        size = min(self._due, len(self._typed))
        self._out.add(size)
        self._due -= size
        del self._typed[:size]
        if not self._due:
            self._end_data()

    def _end_data(self) -> None:
        self._due = 0
        self._out.end()

    def _take_line(self) -> bool:
        """One line, if it is there; what has begun is kept for its end."""
        found = _LINE_END.search(self._typed)
        if found is None:
            self._add_to_line(bytes(self._typed))
            self._typed.clear()
            if bytes(self._line[-2:]).upper() == b"A/" and len(self._line) == 2:
                self._line.clear()
                self._command("A/", self._last_line)
            return False
        self._add_to_line(bytes(self._typed[: found.start()]))
        self._after_cr = self._typed[found.start()] == _CR
        del self._typed[: found.end()]
        raw, self._line = self._line, bytearray()
        text = _decoded(bytes(raw)).strip()
        if not text:
            return True
        if _COMMAND.fullmatch(text) and _CONTROL.search(text) is None:
            self._last_line = text
            self._command(text, text)
        else:
            self._out.add(len(raw))
            self._out.end("no command")
        return True

    def _add_to_line(self, data: bytes) -> None:
        first, *edited = data.split(b"\x08")
        self._line += first
        for piece in edited:
            del self._line[-1:]
            self._line += piece
        del self._line[_LONGEST_LINE:]

    def _command(self, shown: str, meant: str) -> None:
        self._trace.says("command", ">", shown)
        if self._lossless and self._in_flight:
            if self._trace.now - self._sent_at < _LONGEST_ANSWER:
                self._waiting.append(meant)
                # Whether what follows is data only its own prompt can tell.
                self._undecided = self._takes_data(meant)
                return
            self._waiting.clear()
        self._begin(meant)

    def _begin(self, line: str) -> None:
        self._end_body()
        self._shape = shape_of(line, multi=self._multi)
        self._in_flight = self._shape.answered
        self._sent_at = self._trace.now
        self._reads_file = False
        self._guarded = masked(line) != line
        self._undecided = self._lossless and self._shape.prompt is not None
        for name, value, of_links in _TELLING.findall(line):
            match (name or of_links).upper():
                case "CIPSTART" | "CIPSEND":
                    self._linked = True
                case "CIPSHUT":
                    self._linked = False
                case "CIPMUX":
                    self._multi = value == "1"
                case "CIPMODE":
                    self._transparent_mode = value == "1"
                case _:
                    self._reads_file = True
        self._parser.begin(line, bodies=self._shape.bodies, prompt=self._shape.prompt)

    def _takes_data(self, line: str) -> bool:
        """Whether only the module's answer tells what the bytes behind `line` are."""
        return shape_of(line, multi=self._multi).prompt is not None

    # --- from the module ------------------------------------------------------------------------

    def to_host(self, data: bytes) -> None:
        """Bytes that come from the module."""
        if self._transparent:
            end = next((end for end in _BACK if data.endswith(end)), b"")
            if not end or (end == _ESCAPED and self._last_typed != b"+++"):
                self._stream(self._in, self._out, len(data))
                return
            self._stream(self._in, self._out, len(data) - len(end))
            self._leave_transparent()
            data = end
        for event in self._parser.feed(data):
            self._handle(event)
        self._read_typed()

    def cut(self, _: bytes = b"") -> None:
        """The module was reset, or switched off: nothing it had begun will end."""
        self._leave_transparent()
        self._parser.end()
        self._forget_flight()
        self._typed.clear()
        self._line.clear()

    def end(self, _: bytes = b"") -> None:
        """Tell what is known of what is under way."""
        self._leave_transparent()
        self._end_body()
        self._out.end()

    def _handle(self, event: Event) -> None:
        match event:
            case BodyData(data):
                self._in.add(len(data))
                if self._in.bytes == self._announced:
                    self._end_body()
            case BodyStart(header, length):
                if header:
                    self._trace.says("answer", "<", header)
                self._announced = length
                self._in.begin()
            case Line(text) if self._reads_file:
                self._in.add(len(text) + 2)
            case Line(text) if self._guarded and not _INFORMATION.match(text):
                # Its echo most likely, with something lost of it: nothing in it can be trusted to
                # be known for a secret.
                self._in.add(len(text))
                self._in.end("an echo, damaged")
            case Line(text) if self._may_be_data(text):
                self._in.add(len(text) + 2)
            case Line(text):
                self._trace.says("answer", "<", text)
            case Final(text, damaged=damaged):
                self._finish(text, damaged=damaged)
            case Prompt(text):
                self._trace.says("answer", "<", text)
                self._undecided, self._due = False, self._shape.size
                self._out.begin()
            case Received(link, data, left):
                self._in.add(len(data))
                if left == 0:
                    self._in.end("received" if link is None else f"received by link {link}")
            case Unsolicited(text, urc):
                self._unsolicited(text, known=urc is not None)
                if isinstance(urc, Ready):
                    self._forget_flight()
                if isinstance(urc, Connect) and self._transparent_mode:
                    self._transparent = True
            case Echo():
                pass

    def _finish(self, text: str, *, damaged: bool) -> None:
        self._end_body()
        self._in.end("file" if self._reads_file else "maybe data")
        if self._due:
            self._end_data()  # the module had waited long enough for the rest
        self._trace.says("answer", "<", text, **({"damaged": True} if damaged else {}))
        if text == "CONNECT" and self._transparent_mode:
            self._transparent = True
        self._in_flight = self._undecided = self._reads_file = False
        if self._waiting:
            self._begin(self._waiting.popleft())
            if self._waiting and not self._undecided:
                self._undecided = self._takes_data(self._waiting[-1])

    def _may_be_data(self, text: str) -> bool:
        """Whether an answer is of a body whose header got lost, or came over a link."""
        if _INFORMATION.match(text) is not None:
            return False
        return bool(self._shape.bodies) or (self._linked and _NUMBERS.fullmatch(text) is None)

    def _unsolicited(self, text: str, *, known: bool) -> None:
        if known or (text.isprintable() and _URC_LIKE.fullmatch(text)):
            self._trace.says("urc", "<", text)
        else:
            self._in.add(len(text) + 2)
            if not self._reads_file:
                self._in.end("no answer and no URC")

    def _end_body(self) -> None:
        if self._announced is not None:
            self._in.end(announced=self._announced)
            self._announced = None

    def _forget_flight(self) -> None:
        self._end_body()
        self._end_data()
        self._waiting.clear()
        self._in_flight = self._undecided = self._reads_file = False

    # --- transparent mode -----------------------------------------------------------------------

    def _stream(self, amount: _Amount, other: _Amount, size: int) -> None:
        other.end("transparent")
        amount.add(size)
        if amount.age >= _SPAN:
            amount.end("transparent")

    def _leave_transparent(self) -> None:
        if self._transparent:
            self._transparent, self._last_typed = False, b""
            self._out.end("transparent")
            self._in.end("transparent")


def _decoded(raw: bytes) -> str:
    """UTF-8 where it is, which a URL may hold; else a character a byte."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
