"""What a module sends, cut into events: the host's direction of the AT language.

Bytes in, events out, no I/O. Tolerant on purpose: CR and LF each end a line, blanks around colons
and commas come as they like, line noise and XON/XOFF are no part of a line, echo is recognised
wherever it stands, a line nobody asked for is an unsolicited one. Nothing raises and nothing grows:
a line is cut at `LONGEST_LINE` bytes, and a counted body is handed on as it comes (spec: http.md
§1, uart.md §1-§4).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from atwin.at.cme import Cme, cme_text
from atwin.at.dialect.urcs import FOREIGN, parse_urc
from atwin.at.events import (
    BodyData,
    BodyStart,
    Echo,
    Final,
    Line,
    Prompt,
    Received,
    Unsolicited,
)
from atwin.at.lenient import LONGEST_NUMBER, lenient
from atwin.at.results import Ending, ending_of, names_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.at.events import Event

#: Bytes of a line that are kept; no documented answer line comes near.
LONGEST_LINE = 8192

#: Bytes of a counted body; no module has a buffer of that size, so such a number means nothing.
LONGEST_BODY = 1 << 26

#: Line ends that are looked at behind a counted body.
LONGEST_FRAME = 8

#: Bytes that are no part of any line: NUL and 0xFF, which are noise, and XON and XOFF.
NOISE = b"\x00\xff\x11\x13"
#: Bytes of noise that make a line of their own between a body and its result.
MOST_NOISE = 4

_LINE_END = re.compile(rb"[\r\n]")
_CR, _LF = 0x0D, 0x0A
_QUOTED = re.compile(r'"[^"]*"')
_NAME = re.compile(r"[+*^][A-Z][A-Z0-9_]*")
_EXTENDED_ERROR = re.compile(r"\+CM[ES] ERROR *(?:: *(.*))?", re.IGNORECASE)
_COUNTED = lenient(r"(\+\w+): (\d+)")
_MULTI = re.compile(r"\+CIPMUX\s*=\s*([01])\s*(?:;|$)", re.IGNORECASE)
#: The last of six lines of CIPSTATUS.
_LAST_LINK = re.compile(r"C *: *5 *,")
#: Mode 2 bytes, or mode 3 bytes in hex; the link where there are several; how many, how many left.
_FETCHED = lenient(r"\+CIPRXGET: ([23]), (?:\d, )?(\d{1,5}), \d{1,5}")
_RECEIVED = lenient(r"\+RECEIVE, (\d), (\d{1,5}) *:")
_RECEIVED_BY_ONE = re.compile(rb"\s*\+IPD, ?(\d{1,5})(?:, ?[A-Z]+)? ?:")


#: Bytes of a single link's packet head, at most.
LONGEST_HEAD = 32


def is_result(text: str) -> bool:
    """Whether that line ends any command: OK, ERROR, or an error with its number or text."""
    return text in ("OK", "ERROR") or _EXTENDED_ERROR.fullmatch(text) is not None


def _fits(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.fullmatch(text) is not None


@lru_cache(maxsize=128)
def _known_of(
    sent: str,
) -> tuple[str, frozenset[str], Ending, frozenset[str], bool | None]:
    """Of a command line: its echo, its names, how its answer ends, what it reads, its CIPMUX."""
    # Bytes of another encoding go as they were typed, and so come back.
    echo = sent.encode("utf-8", "surrogateescape").decode("latin-1").strip()
    names = frozenset(_NAME.findall(_QUOTED.sub("", sent.upper())))
    multi = _MULTI.search(_QUOTED.sub("", sent))
    return (
        echo,
        names,
        ending_of(sent),
        names_read(sent),
        None if multi is None else multi[1] == "1",
    )


@cache
def _code_of_text() -> dict[str, int]:
    return {cme_text(code).lower(): int(code) for code in Cme}


class AnswerParser:
    """Turns received bytes into events.

    `begin` tells it what was just sent, so that it knows echo, information lines, prompt and
    counted body of that command; without a command in flight every line is `Unsolicited`.
    """

    def __init__(self) -> None:
        self._partial = bytearray()
        self._after_cr = False
        self._body_left = 0
        self._frame: bytes | None = None
        self._body_over = False
        self._last_of_body = 0
        self._damaged = self._unframed = False
        self._in_flight = self._owed = False
        self._echo = ""
        self._names: frozenset[str] = frozenset()
        self._bodies: Sequence[str] = ()
        self._raw = 0
        self._prompt: str | None = None
        self._finals: Sequence[str] = ()
        self._ending = Ending()
        self._read: set[str] = set()
        self._ok_came = self._told = False
        #: Whether there are several links; None while nobody has said.
        self._multi: bool | None = None
        self._sets_multi: bool | None = None
        self._packet_left = 0
        self._packet_link: int | None = None

    def begin(
        self,
        sent: str,
        *,
        bodies: Sequence[str] = (),
        raw: int = 0,
        prompt: str | None = None,
        finals: Sequence[str] = (),
        owed: bool = False,
    ) -> None:
        """A command line goes out now; whatever body was still due is given up.

        `bodies` are the headers that announce a counted body (`+HTTPREAD`), `raw` is the length
        of one that nothing announces (FSREAD, behind the first CR LF), `prompt` is
        `DOWNLOAD` or `>`, `finals` are results other than OK that mean success, besides those of
        the CIP commands, which are known (`SHUT OK`). `owed`: results of earlier commands may
        still come, so a result is no end before `end` is called.
        """
        self._in_flight = True
        self._body_left = 0
        self._frame, self._body_over = None, False
        self._damaged = self._unframed = False
        self._echo, self._names, self._ending, read, self._sets_multi = _known_of(sent)
        self._bodies = bodies
        self._raw = raw
        self._prompt = prompt
        self._finals = finals
        self._owed = owed and self._ending.own is None
        self._read = set(read)
        self._ok_came = self._told = False

    def end(self) -> None:
        """Nothing is in flight any more: the command ended, or was given up."""
        self._in_flight = False
        self._body_left = 0
        self._frame = None
        self._raw = 0
        self._echo = ""
        self._prompt = None

    def give_up_packet(self) -> None:
        """The rest of a packet that was announced does not come: perhaps it was none."""
        self._packet_left = 0

    def restarted(self) -> None:
        """The module has started anew, or may have: what it was told before is gone."""
        self._multi = None

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
            if self._body_left:
                piece = memoryview(data)[at : at + self._body_left]
                self._body_left -= len(piece)
                at += len(piece)
                events.append(BodyData(piece))
                if not self._body_left:
                    self._frame, self._last_of_body = b"", data[at - 1]
                    self._body_over = True
                continue
            if self._frame is not None:
                if data[at] in b"\r\n" and len(self._frame) < LONGEST_FRAME:
                    self._frame += data[at : at + 1]
                    at += 1
                else:
                    self._judge_frame(self._frame)
                continue
            if self._packet_left:
                piece = memoryview(data)[at : at + self._packet_left]
                self._packet_left -= len(piece)
                at += len(piece)
                events.append(Received(self._packet_link, piece, self._packet_left))
                continue
            found = _LINE_END.search(data, at)
            stop = found.start() if found else size
            if (colon := data.find(b":", at, stop)) >= 0 and self._is_packet(data[at : colon + 1]):
                at = colon + 1
                continue
            room = LONGEST_LINE - len(self._partial)
            self._partial += data[at : min(stop, at + room)]
            at = stop
            if found:
                self._after_cr = data[stop] == _CR
                at += 1
                self._finish_line(events)
        # A `>` prompt has no line end: it is the one thing recognised before its line is over.
        if self._prompt == ">" and self._partial.translate(None, NOISE).strip() == b">":
            self._partial.clear()
            self._prompt = None
            events.append(Prompt(">"))
        return events

    def _is_packet(self, up_to_colon: bytes) -> bool:
        """Whether a single link's packet begins: its head has no line of its own."""
        if len(self._partial) > LONGEST_HEAD:
            return False
        match = _RECEIVED_BY_ONE.fullmatch((self._partial + up_to_colon).translate(None, NOISE))
        if match is None:
            return False
        self._partial.clear()
        self._packet_link, self._packet_left = None, int(match[1])
        return True

    def _judge_frame(self, frame: bytes) -> None:
        """Line ends follow the body up to here; without CR LF some of it may be missing.

        As many bytes as a body lost were taken for its end, CR LF the first of them; where bytes
        came in between, its own last ones stand in front of CR LF.
        """
        self._frame = None
        if not frame.startswith(b"\r\n"):
            self._unframed = True
            stolen = {b"": b"\r\n", b"\n": b"\r", b"\r": b""}.get(frame)
            self._damaged = stolen is None or self._last_of_body in stolen

    def _finish_line(self, events: list[Event]) -> None:
        if self._partial:
            text = self._partial.translate(None, NOISE).decode("latin-1").strip()
            # Where a URC came inside the body, the body's own end follows the counted bytes. What
            # is noise elsewhere may be that, and so may a plain line be.
            noise = len(self._partial) - len(text)
            if noise and (self._unframed or (self._body_over and noise > MOST_NOISE and not text)):
                self._damaged = True
            self._partial.clear()
            if text:
                self._sort_line(text, events)
                return
        if self._raw:
            self._body_left, self._raw = self._raw, 0
            events.append(BodyStart("", self._body_left))

    def _sort_line(self, text: str, events: list[Event]) -> None:
        if self._echo and text.endswith(self._echo):
            # Text without a line end (the ROM banner) is glued to the echo behind it.
            if glued := text[: -len(self._echo)].strip():
                events.append(Unsolicited(glued, parse_urc(glued)))
            events.append(Echo(self._echo))
            self._echo = ""
            return
        if text == "RDY":
            self.restarted()
        if (packet := _RECEIVED.fullmatch(text)) is not None:
            self._packet_link, self._packet_left = int(packet[1]), int(packet[2])
        elif self._ending.own is not None and self._is_own(text):
            self._own_line(text, events)
        elif not self._in_flight:
            events.append(Unsolicited(text, parse_urc(text)))
        elif text == "OK" and self._ending.own is not None and not self._told:
            self._ok_came = True
        elif (final := self._as_final(text)) is not None:
            self._finish(final, events)
        elif self._unframed:
            # What follows the body is no result: it is the rest of the body.
            self._unframed, self._damaged = False, True
            self._sort_line(text, events)
        elif self._prompt == text:
            self._prompt = None
            events.append(Prompt(text))
        elif (start := self._as_body(text)) is not None:
            self._body_left = start.length
            events.append(start)
        elif (name := text.partition(":")[0].strip().upper()) in self._read:
            self._read.remove(name)
            events.append(Line(text))
        elif (urc := parse_urc(text)) is not None and not (
            urc.IS_INFORMATION and self._is_information(text)
        ):
            events.append(Unsolicited(text, urc))
        elif self._is_information(text):
            self._damaged |= self._body_over and text[0] not in "+*^"
            events.append(Line(text))
        else:
            events.append(Unsolicited(text, None))

    def _is_own(self, text: str) -> bool:
        """Whether it is a line of CIPSTATUS; STATE is one only before the result."""
        return _fits(self._ending.own, text) and (self._in_flight or text.startswith("C"))

    def _own_line(self, text: str, events: list[Event]) -> None:
        """A line of CIPSTATUS, in front of OK or behind it.

        Behind it the first one is all with one link. With several a line for each follows, and who
        was not there when AT+CIPMUX was said does not know.
        """
        events.append(Line(text))
        self._told = True
        if self._in_flight and self._ok_came:
            last = _LAST_LINK.match(text) is not None
            if last or not self._multi:
                is_open = self._multi is None and not last
                self._finish(Final("OK", ok=True, open=is_open), events)

    def _finish(self, final: Final, events: list[Event]) -> None:
        if self._damaged or self._unframed:
            final = replace(final, damaged=self._damaged, unframed=self._unframed)
        if final.ok and self._sets_multi is not None:
            self._multi = self._sets_multi
        if self._owed:
            final = replace(final, open=True)
        else:
            self.end()
        events.append(final)

    def _as_final(self, text: str) -> Final | None:
        ending = self._ending
        if text == "OK" or text in self._finals or _fits(ending.done, text):
            return Final(text, ok=True)
        if _fits(ending.refused, text):
            return Final(text, ok=False)
        if text == "ERROR":
            return Final(text, ok=False)
        if match := _EXTENDED_ERROR.fullmatch(text):
            what = (match[1] or "").strip()
            number = what.isdecimal() and len(what) <= LONGEST_NUMBER
            code = int(what) if number else _code_of_text().get(what.lower())
            return Final(text, ok=False, code=code)
        return None

    def _as_body(self, text: str) -> BodyStart | None:
        if not self._bodies:
            return None
        if "+CIPRXGET" in self._bodies and (fetched := _FETCHED.fullmatch(text)):
            characters = 2 if fetched[1] == "3" else 1
            return BodyStart(text, characters * int(fetched[2]))
        match = _COUNTED.fullmatch(text)
        # `+CIPRXGET: 1` tells that data wait, not how many.
        if match is None or match[1].upper() not in self._bodies or match[1] == "+CIPRXGET":
            return None
        length = int(match[2])
        return BodyStart(text, length) if length <= LONGEST_BODY else None

    def _is_information(self, text: str) -> bool:
        if FOREIGN.fullmatch(text):
            return False
        if text[0] in "+*^":
            name = _NAME.match(text.upper())
            return name is not None and name[0] in self._names
        return True
