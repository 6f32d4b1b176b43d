"""What a module sends, cut into events: the host's direction of the AT language.

Bytes in, events out, no I/O. Tolerant on purpose: CR and LF each end a line, blanks around colons
and commas come as they like, line noise and XON/XOFF are no part of a line, echo is recognised
wherever it stands, a line nobody asked for is an unsolicited one. Nothing raises and nothing grows:
a line is cut at `LONGEST_LINE` bytes, and a counted body is handed on as it comes
(docs/spec/http.md §1, uart.md §1-§4).

Theory of operation. The parser has two states, and a table for each.

`Part` says what the next bytes are, and so who reads them (`_READERS`)::

    LINE ── header of a body; CR LF before a body that nothing announces ──> BODY
    BODY ── all counted ──> FRAME ── what is no line end ──> LINE
    LINE ── head of a packet ──> PACKET ── all counted ──> LINE

`Stage` says how far the command in flight is. A line belongs to the first rule of its stage that
takes it (`_RULES`). Most commands know ASKED only: a result leads back to IDLE. AT+CIPSTATUS has
lines of its own before its OK or after it (`_MOVES`)::

    IDLE ── begin ──> ASKED ── line ──> TOLD ── OK ──> IDLE
                      ASKED ── OK ──> OK_CAME ── line ──> BOTH ── the last line ──> IDLE
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from atwin.at.body import Body
from atwin.at.cme import code_of
from atwin.at.dialect.commands import SIGN, Expected, expected_of
from atwin.at.dialect.results import ERROR, OK, ExtendedError, LinkStatus, Packet, PacketOfLink
from atwin.at.dialect.urcs import FOREIGN, Ready, parse_urc
from atwin.at.events import (
    BodyData,
    BodyStart,
    Echo,
    Final,
    Information,
    Prompt,
    Received,
    Unsolicited,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.said import Said, Urc
    from atwin.at.events import Event

S = TypeVar("S", bound="Said")

#: Bytes of a line that are kept; no documented answer line comes near.
LONGEST_LINE = 8192
#: Bytes of a counted body; no module has a buffer of that size, so such a number means nothing.
LONGEST_BODY = 1 << 26
#: Bytes of a single link's packet head, at most.
_LONGEST_HEAD = 32
#: Bytes that are no part of any line: NUL and 0xFF, which are noise, and XON and XOFF.
_NOISE = b"\x00\xff\x11\x13"
#: The last of the links that CIPSTATUS tells of.
_LAST_LINK = 5

_LINE_END = re.compile(rb"[\r\n]")
_CR, _LF = 0x0D, 0x0A
_NAME = re.compile(r"[+*^][A-Z][A-Z0-9_]*")


class Part(Enum):
    """What the next bytes are."""

    LINE = "a line"
    BODY = "a counted body"
    FRAME = "line ends after a body"
    PACKET = "a packet that a link received"

    __hash__ = object.__hash__  # it is looked up for each piece of data


class Stage(Enum):
    """How far the answer is."""

    IDLE = "no command is in flight"
    ASKED = "neither OK nor a line that is the answer"
    TOLD = "such lines, and no OK"
    OK_CAME = "OK, and no such line"
    BOTH = "OK first, and then such lines"

    __hash__ = object.__hash__


#: Where a command with lines of its own goes from each stage, at such a line and at OK; no entry
#: for OK: it is the result.
_MOVES = {
    Stage.ASKED: (Stage.TOLD, Stage.OK_CAME),
    Stage.TOLD: (Stage.TOLD, None),
    Stage.OK_CAME: (Stage.BOTH, Stage.OK_CAME),
    Stage.BOTH: (Stage.BOTH, None),
}


class AnswerParser:
    """Turns received bytes into events.

    `begin` tells it what was just sent, so that it knows echo, information lines, prompt and
    counted body of that command; without a command in flight every line is `Unsolicited`.
    """

    def __init__(self) -> None:
        #: What to expect after the command that went out last.
        self.expected = Expected()
        #: Whether there are several links (AT+CIPMUX); None while nobody has said.
        self.multi: bool | None = None
        self._part = Part.LINE
        self._partial = bytearray()
        self._after_cr = False
        #: Bytes of a body or a packet that are due, and whose packet it is.
        self._left = 0
        self._link: int | None = None
        self._stage = Stage.IDLE
        self._body = Body()
        #: What is still due of the answer.
        self._echo, self._raw = "", 0
        self._prompt: str | None = None
        self._read: frozenset[str] = frozenset()
        self._owed = False

    def begin(self, sent: str, *, raw: int = 0, owed: bool = False) -> None:
        """A command line goes out now; whatever body was still due is given up.

        `raw` is the length of a body that nothing announces (FSREAD, after the first CR LF).
        `owed`: results of earlier commands may still come, so a result is no end before `end` is
        called.
        """
        self.expected = expected = expected_of(sent)
        if self._part is not Part.PACKET:
            self._part = Part.LINE
        self._stage = Stage.ASKED
        self._body = Body()
        self._echo, self._prompt, self._raw = expected.echo, expected.shape.prompt, raw
        self._read = expected.read
        self._owed = owed and not expected.shape.own

    def end(self) -> None:
        """Nothing is in flight any more: the command ended, or was given up."""
        self._stage = Stage.IDLE
        if self._part is not Part.PACKET:
            self._part = Part.LINE
        self._echo, self._prompt, self._raw = "", None, 0

    def give_up_packet(self) -> None:
        """The rest of a packet that was announced does not come: perhaps it was none."""
        if self._part is Part.PACKET:
            self._part = Part.LINE

    def restarted(self) -> None:
        """The module has started anew, or may have: what it was told before is gone."""
        self.multi = None

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
        if self._prompt == SIGN and self._partial.translate(None, _NOISE).strip() == b">":
            self._partial.clear()
            self._asks(SIGN, events)
        return events

    def _read_line(self, data: bytes, at: int, events: list[Event]) -> int:
        found = _LINE_END.search(data, at)
        stop = found.start() if found else len(data)
        if (colon := data.find(b":", at, stop)) >= 0 and self._is_packet(data[at : colon + 1]):
            return colon + 1
        self._partial += data[at : min(stop, at + LONGEST_LINE - len(self._partial))]
        if found is None:
            return stop
        self._after_cr = data[stop] == _CR
        self._end_line(events)
        return stop + 1

    def _is_packet(self, up_to_colon: bytes) -> bool:
        """Whether a single link's packet begins: its head has no line of its own."""
        if len(self._partial) > _LONGEST_HEAD:
            return False
        head = (self._partial + up_to_colon).translate(None, _NOISE)
        if b"+IPD" not in head or (packet := Packet.read(head.decode("latin-1").strip())) is None:
            return False
        self._partial.clear()
        self._count(Part.PACKET, packet.size)
        self._link = None
        return True

    def _end_line(self, events: list[Event]) -> None:
        if self._partial:
            text = self._partial.translate(None, _NOISE).decode("latin-1").strip()
            if noise := len(self._partial) - len(text):
                self._body.hears(text, noise)
            self._partial.clear()
            if text:
                for rule in _RULES[self._stage]:
                    if rule(self, text, events):
                        return
        if self._raw:
            self._count(Part.BODY, self._raw)
            self._raw = 0
            events.append(BodyStart("", self._left))

    def _count(self, part: Part, size: int) -> None:
        if size:
            self._part, self._left = part, size

    def _read_body(self, data: bytes, at: int, events: list[Event]) -> int:
        piece = memoryview(data)[at : at + self._left]
        self._left -= len(piece)
        at += len(piece)
        events.append(BodyData(piece))
        if not self._left:
            self._body.ends(data[at - 1])
            self._part = Part.FRAME
        return at

    def _read_frame(self, data: bytes, at: int, events: list[Event]) -> int:
        at = self._body.frames(data, at)
        if at < len(data):
            self._body.judge()
            self._part = Part.LINE
        return at

    def _read_packet(self, data: bytes, at: int, events: list[Event]) -> int:
        piece = memoryview(data)[at : at + self._left]
        self._left -= len(piece)
        events.append(Received(self._link, piece, self._left))
        if not self._left:
            self._part = Part.LINE
        return at + len(piece)

    # --- lines ----------------------------------------------------------------------------------

    def _is_echo(self, text: str, events: list[Event]) -> bool:
        if not self._echo or not text.endswith(self._echo):
            return False
        # Text without a line end (the ROM banner) is glued to the echo after it.
        if glued := text[: -len(self._echo)].strip():
            events.append(Unsolicited(glued, parse_urc(glued)))
        events.append(Echo(self._echo))
        self._echo = ""
        return True

    def _is_packet_of_link(self, text: str, events: list[Event]) -> bool:
        if not text.startswith("+RECEIVE") or (head := PacketOfLink.read(text)) is None:
            return False
        self._count(Part.PACKET, head.size)
        self._link = head.link
        return True

    def _is_own(self, text: str, events: list[Event]) -> bool:
        """A line of CIPSTATUS, before OK or after it.

        After it the first one is all with one link. With several a line for each follows, and who
        was not there when AT+CIPMUX was said does not know.
        """
        own = _first(self.expected.shape.own, text)
        if own is None:
            return False
        events.append(Information(text))
        self._stage = _MOVES[self._stage][0]
        is_last = isinstance(own, LinkStatus) and own.number == _LAST_LINK
        if self._stage is Stage.BOTH and (is_last or not self.multi):
            is_open = self.multi is None and not is_last
            self._finish(Final(OK, ok=True, open=is_open), events)
        return True

    def _is_late_own(self, text: str, events: list[Event]) -> bool:
        """The same after the result; STATE alone is a URC then."""
        if not self.expected.shape.own or LinkStatus.read(text) is None:
            return False
        events.append(Information(text))
        return True

    def _is_result(self, text: str, events: list[Event]) -> bool:
        shape = self.expected.shape
        if text == OK and shape.own and (stage := _MOVES[self._stage][1]) is not None:
            self._stage = stage
        elif text == OK or _first(shape.done, text) is not None:
            self._finish(Final(text, ok=True), events)
        elif text == ERROR or _first(shape.refused, text) is not None:
            self._finish(Final(text, ok=False), events)
        elif "ERROR" in text.upper() and (error := ExtendedError.read(text)) is not None:
            self._finish(Final(text, ok=False, code=code_of(error.what or "")), events)
        else:
            return False
        return True

    def _finish(self, final: Final, events: list[Event]) -> None:
        body = self._body
        if body.damaged or body.unframed:
            final = replace(final, damaged=body.damaged, unframed=body.unframed)
        if final.ok and self.expected.links is not None:
            self.multi = self.expected.links
        if self._owed:
            final = replace(final, open=True)
        else:
            self.end()
        events.append(final)

    def _is_prompt(self, text: str, events: list[Event]) -> bool:
        # No result followed the body: a line in its place is the rest of it.
        self._body.hears_no_result()
        if text != self._prompt:
            return False
        self._asks(text, events)
        return True

    def _asks(self, prompt: str, events: list[Event]) -> None:
        self._prompt = None
        events.append(Prompt(prompt))

    def _is_header(self, text: str, events: list[Event]) -> bool:
        header = _first(self.expected.shape.bodies, text.upper())
        if header is None or header.length > LONGEST_BODY:
            return False
        self._count(Part.BODY, header.length)
        events.append(BodyStart(text, header.length))
        return True

    def _is_information(self, text: str, events: list[Event]) -> bool:
        name = text.partition(":")[0].strip().upper()
        if name in self._read:
            self._read -= {name}  # what follows may be a URC of that name
        elif not self._answers(text, parse_urc(text)):
            return False
        else:
            self._body.hears_information(text)
        events.append(Information(text))
        return True

    def _answers(self, text: str, urc: Urc | None) -> bool:
        """Whether a line can be information of the command in flight."""
        if FOREIGN.fullmatch(text) or (urc is not None and not urc.IS_INFORMATION):
            return False
        name = _NAME.match(text.upper())
        return text[0] not in "+*^" or (name is not None and name[0] in self.expected.names)

    def _is_unsolicited(self, text: str, events: list[Event]) -> bool:
        urc = parse_urc(text)
        if isinstance(urc, Ready):
            self.restarted()
        events.append(Unsolicited(text, urc))
        return True


def _first(kinds: tuple[type[S], ...], text: str) -> S | None:
    """What the first of these kinds reads in a line."""
    for kind in kinds:
        if (said := kind.read(text)) is not None:
            return said
    return None


#: Who reads the bytes of each part: what of `data` from `at` on is its own, up to the place told.
_READERS: dict[Part, Callable[[AnswerParser, bytes, int, list[Event]], int]] = {
    Part.LINE: AnswerParser._read_line,
    Part.BODY: AnswerParser._read_body,
    Part.FRAME: AnswerParser._read_frame,
    Part.PACKET: AnswerParser._read_packet,
}

_IN_FLIGHT = (
    AnswerParser._is_echo,
    AnswerParser._is_result,
    AnswerParser._is_packet_of_link,
    AnswerParser._is_own,
    AnswerParser._is_prompt,
    AnswerParser._is_header,
    AnswerParser._is_information,
    AnswerParser._is_unsolicited,
)
#: What a line may be in each stage, in the order in which it is asked.
_RULES: dict[Stage, tuple[Callable[[AnswerParser, str, list[Event]], bool], ...]] = {
    Stage.IDLE: (
        AnswerParser._is_packet_of_link,
        AnswerParser._is_late_own,
        AnswerParser._is_unsolicited,
    ),
    **dict.fromkeys((Stage.ASKED, Stage.TOLD, Stage.OK_CAME, Stage.BOTH), _IN_FLIGHT),
}
