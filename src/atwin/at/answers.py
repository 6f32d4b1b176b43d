"""What a module sends, cut into events: the host's direction of the AT language.

Bytes in, events out, no I/O. Tolerant on purpose: CR and LF each end a line, blanks around colons
and commas come as they like, line noise and XON/XOFF are not part of a line, echo is recognised
wherever it stands, a line nobody asked for is an unsolicited one. Nothing raises and nothing grows:
a line is cut at `LONGEST_LINE` bytes, and a counted body is handed on as it comes
(docs/spec/http.md §1, uart.md §1-§4).

Theory of operation. `Reading` says what the next bytes are, and so who reads them (`_READERS`)::

    LINE ── header of a body; CR LF before a body that nothing announces ──> BODY
    BODY ── all counted ──> FRAME ── what is not a line end ──> LINE
    LINE ── head of a packet ──> PACKET ── all counted ──> LINE

Whole lines go to `InFlight`, which knows what to expect of the command in flight.
"""

import re
from collections.abc import Callable
from enum import Enum

from atwin.at.dialect.commands import SIGN
from atwin.at.dialect.results import Packet
from atwin.at.events import BodyData, BodyStart, Event, Received
from atwin.at.in_flight import InFlight

#: Bytes of a line that are kept; no documented answer line comes near.
LONGEST_LINE = 8192
#: Bytes of a single link's packet head, at most.
_LONGEST_HEAD = 32
#: Bytes that are not part of any line: NUL and 0xFF, which are noise, and XON and XOFF.
_NOISE = b"\x00\xff\x11\x13"

_TEXT = re.compile(rb"[^\r\n]+")
_CR, _LF = 0x0D, 0x0A


class Reading(Enum):
    """What the next bytes are."""

    LINE = "a line"
    BODY = "a counted body"
    FRAME = "line ends after a body"
    PACKET = "a packet that a link received"

    __hash__ = object.__hash__  # it is looked up for each piece of data


class AnswerParser:
    """Turns received bytes into events.

    `begin` tells it what was just sent, so that it knows echo, information lines, prompt and
    counted body of that command; without a command in flight every line is `Unsolicited`.
    """

    def __init__(self) -> None:
        #: What is known of the command in flight.
        self.command = InFlight()
        self._part = Reading.LINE
        self._partial = bytearray()
        self._after_cr = False
        #: Bytes of a body or a packet that are due, and whose packet it is.
        self._left = 0
        self._link: int | None = None

    def begin(self, sent: str, *, raw: int = 0, owed: bool = False) -> None:
        """A command line goes out now; whatever body was still due is given up.

        `raw` is the length of a body that nothing announces (FSREAD, after the first CR LF).
        `owed`: results of earlier commands may still come, so a result ends nothing before
        `end` is called.
        """
        self._give_up_body()
        self.command.begin(sent, raw=raw, owed=owed)

    def end(self) -> None:
        """Nothing is in flight any more: the command ended, or was given up."""
        self._give_up_body()
        self.command.end()

    def _give_up_body(self) -> None:
        if self._part is not Reading.PACKET:
            self._part = Reading.LINE

    def give_up_packet(self) -> None:
        """The rest of a packet that was announced does not come: perhaps it was none."""
        if self._part is Reading.PACKET:
            self._part = Reading.LINE

    def restarted(self) -> None:
        """The module has restarted, or may have: what it was told before is gone."""
        self.command.multi = None

    # --- bytes ----------------------------------------------------------------------------------

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes, in order."""
        events: list[Event] = []
        at, size = 0, len(data)
        while at < size:
            if self._after_cr:
                self._after_cr = False
                if data[at] == _LF:
                    at += 1
                    continue
            at = _READERS[self._part](self, data, at, events)
        # A `>` prompt has no line end: it is the one thing recognised before its line is over.
        if self.command.prompt == SIGN and self._partial.translate(None, _NOISE).strip() == b">":
            self._partial.clear()
            self.command.asks(SIGN, events)
        return events

    def _read_line(self, data: bytes, at: int, events: list[Event]) -> int:
        text = _TEXT.search(data, at)
        begin, stop = text.span() if text else (len(data), len(data))
        if self._partial or self.command.raw:
            if begin > at:
                stop = at  # an empty line, or the end of one that has begun
        elif text is None:
            self._after_cr = data[-1] == _CR
            return stop
        else:
            at = begin  # an empty line means nothing here, and one comes before most others
        line = data[at:stop]
        if (colon := line.find(b":")) >= 0 and self._is_packet(line[: colon + 1]):
            return at + colon + 1
        if stop == len(data):
            self._partial += line[: LONGEST_LINE - len(self._partial)]
            return stop
        if self._partial:
            line = bytes(self._partial + line)
            self._partial.clear()
        self._after_cr = data[stop] == _CR
        self._end_line(line[:LONGEST_LINE], events)
        return stop + 1

    def _is_packet(self, up_to_colon: bytes) -> bool:
        """Whether a single link's packet begins: its head has no line of its own."""
        if len(self._partial) > _LONGEST_HEAD:
            return False
        head = (self._partial + up_to_colon).translate(None, _NOISE)
        if b"+IPD" not in head or (packet := Packet.read(head.decode("latin-1").strip())) is None:
            return False
        self._partial.clear()
        self._count(Reading.PACKET, packet.size)
        self._link = None
        return True

    def _end_line(self, line: bytes, events: list[Event]) -> None:
        text = line.translate(None, _NOISE).decode("latin-1").strip()
        if noise := len(line) - len(text):
            self.command.body.hears(text, noise)
        if text:
            taken = self.command.sort(text, events)
            if not isinstance(taken, bool):
                self._link = taken.link
                self._count(Reading.PACKET if taken.is_packet else Reading.BODY, taken.size)
        elif size := self.command.raw:
            self.command.raw = 0
            self._count(Reading.BODY, size)
            events.append(BodyStart("", size))

    def _count(self, part: Reading, size: int) -> None:
        if size:
            self._part, self._left = part, size

    def _read_body(self, data: bytes, at: int, events: list[Event]) -> int:
        piece = memoryview(data)[at : at + self._left]
        self._left -= len(piece)
        at += len(piece)
        events.append(BodyData(piece))
        if not self._left:
            self.command.body.ends(data[at - 1])
            self._part = Reading.FRAME
        return at

    def _read_frame(self, data: bytes, at: int, events: list[Event]) -> int:
        at = self.command.body.frames(data, at)
        if at < len(data):
            self.command.judge_body()
            self._part = Reading.LINE
        return at

    def _read_packet(self, data: bytes, at: int, events: list[Event]) -> int:
        piece = memoryview(data)[at : at + self._left]
        self._left -= len(piece)
        events.append(Received(self._link, piece, self._left))
        if not self._left:
            self._part = Reading.LINE
        return at + len(piece)


#: Who reads the bytes of each part: what of `data` from `at` on is its own, up to the place told.
_READERS: dict[Reading, Callable[[AnswerParser, bytes, int, list[Event]], int]] = {
    Reading.LINE: AnswerParser._read_line,
    Reading.BODY: AnswerParser._read_body,
    Reading.FRAME: AnswerParser._read_frame,
    Reading.PACKET: AnswerParser._read_packet,
}
