"""The command in flight: how far its answer is, and whose each line is.

Theory of operation. `AnswerStage` says how far the answer is. A line belongs to the first rule of
its stage that takes it (`_RULES`). Most commands know ASKED only: a result leads back to IDLE.
AT+CIPSTATUS has lines of its own before its OK or after it (`_MOVES`)::

    IDLE ── begin ──> ASKED ── line ──> TOLD ── OK ──> IDLE
                      ASKED ── OK ──> OK_CAME ── line ──> BOTH ── the last line ──> IDLE

What a command line makes of all that, `Expected` says: it comes from the table of commands.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import NamedTuple, TypeVar

from atwin.at.body import Body
from atwin.at.cme import code_of
from atwin.at.dialect.commands import Expected, expected_of
from atwin.at.dialect.results import (
    ERROR,
    OK,
    ExtendedError,
    Fetched,
    LinkStatus,
    PacketOfLink,
    is_result,
)
from atwin.at.dialect.said import Said, Urc
from atwin.at.dialect.urcs import FOREIGN, Ready, parse_urc
from atwin.at.events import BodyStart, Echo, Event, Final, Information, Prompt, Unsolicited

S = TypeVar("S", bound="Said")

#: Bytes of a counted body; no module has a buffer of that size, so such a number means nothing.
LONGEST_BODY = 1 << 26
#: The last of the links that CIPSTATUS reports.
_LAST_LINK = 5

_NAME = re.compile(r"[+*^][A-Z][A-Z0-9_]*")
#: What tells nobody's command from another's, and what the echo of one may be.
_PROBE = "AT"
_COMMAND = re.compile(r"AT(?:[+*^&$]\w.*|[A-Z]?\d*)", re.IGNORECASE)
#: How most answers end.
_DONE = Final(OK, ok=True)


class AnswerStage(Enum):
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
    AnswerStage.ASKED: (AnswerStage.TOLD, AnswerStage.OK_CAME),
    AnswerStage.TOLD: (AnswerStage.TOLD, None),
    AnswerStage.OK_CAME: (AnswerStage.BOTH, AnswerStage.OK_CAME),
    AnswerStage.BOTH: (AnswerStage.BOTH, None),
}


class Follows(NamedTuple):
    """Bytes that follow the line: of a body, or of a packet that `link` received."""

    size: int
    is_packet: bool = False
    link: int | None = None


class InFlight:
    """Makes events of lines; `expected` and `multi` outlast a command."""

    def __init__(self) -> None:
        #: What to expect after the command that went out last.
        self.expected = Expected()
        #: Whether there are several links (AT+CIPMUX); None while nobody has said.
        self.multi: bool | None = None
        #: How the bodies of the answer ended: whole, or damaged.
        self.body = Body()
        #: What is still due of it: a prompt, and the bytes of a body that nothing announces.
        self.prompt: str | None = None
        self.raw = 0
        self._stage = AnswerStage.IDLE
        self._echo = ""
        self._read: frozenset[str] = frozenset()
        self._owed = False
        #: A program that was here before may have left commands, until the echo of one that is
        #: surely ours; and whether such a one is being answered.
        self._strangers = self._others = False
        #: Whether the body is what a link received, and a module that ends such with an empty line.
        self._fetches = self._has_blank = False

    def begin(self, sent: str, *, raw: int, owed: bool) -> None:
        """See `AnswerParser.begin`."""
        self.expected = expected = expected_of(sent)
        self.body = Body()
        self._fetches = False
        self.prompt, self.raw = expected.shape.prompt, raw
        self._stage = AnswerStage.ASKED
        self._echo, self._read = expected.echo, expected.read
        self._owed = owed and not expected.shape.own

    def end(self) -> None:
        """See `AnswerParser.end`."""
        self._stage = AnswerStage.IDLE
        self._echo, self.prompt, self.raw = "", None, 0

    def sort(self, text: str, events: list[Event]) -> Follows | bool:
        """Add the events of a line; what it announces, else True."""
        for rule in _RULES[self._stage]:
            if taken := rule(self, text, events):
                return taken
        return False

    def judge_body(self) -> None:
        """No line end follows the body any more."""
        self.body.judge(blank=self._fetches and self._has_blank)
        self._has_blank |= self._fetches and self.body.has_blank

    def asks(self, prompt: str, events: list[Event]) -> None:
        """The module wants its data."""
        self.prompt = None
        events.append(Prompt(prompt))

    def _is_echo(self, text: str, events: list[Event]) -> bool:
        if not self._echo or not text.endswith(self._echo):
            return self._strangers and not self._owed and self._is_of_others(text, events)
        # Text without a line end (the ROM banner) is glued to the echo after it.
        if glued := text[: -len(self._echo)].strip():
            events.append(Unsolicited(glued, parse_urc(glued)))
        events.append(Echo(self._echo))
        self._strangers, self._others = self._echo == _PROBE, False
        self._echo = ""
        return True

    def _is_of_others(self, text: str, events: list[Event]) -> bool:
        """A command that another program left is answered, from its echo to its result."""
        is_theirs = self._others or bool(self._echo and _COMMAND.fullmatch(text))
        self._others = is_theirs and not is_result(text)
        if is_theirs:
            events.append(Unsolicited(text, parse_urc(text)))
        return is_theirs

    def _is_packet_of_link(self, text: str, events: list[Event]) -> Follows | bool:
        if not text.startswith("+RECEIVE") or (head := PacketOfLink.read(text)) is None:
            return False
        return Follows(head.size, is_packet=True, link=head.link)

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
        if self._stage is AnswerStage.BOTH and (is_last or not self.multi):
            is_open = self.multi is None and not is_last
            self._finish(replace(_DONE, open=is_open), events)
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
        elif text == OK:
            self._finish(_DONE, events)
        elif _first(shape.done, text) is not None:
            self._finish(Final(text, ok=True), events)
        elif text == ERROR or _first(shape.refused, text) is not None:
            self._finish(Final(text, ok=False), events)
        elif "ERROR" in text.upper() and (error := ExtendedError.read(text)) is not None:
            self._finish(
                Final(text, ok=False, code=code_of(error.what or "", error.kind.upper())), events
            )
        else:
            return False
        return True

    def _finish(self, final: Final, events: list[Event]) -> None:
        body = self.body
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
        self.body.hears_no_result()
        if text != self.prompt:
            return False
        self.asks(text, events)
        return True

    def _is_header(self, text: str, events: list[Event]) -> Follows | bool:
        header = _first(self.expected.shape.bodies, text.upper())
        if header is None or header.length > LONGEST_BODY:
            return False
        self._fetches = isinstance(header, Fetched)
        events.append(BodyStart(text, header.length))
        return Follows(header.length)

    def _is_information(self, text: str, events: list[Event]) -> bool:
        name = text.partition(":")[0].strip().upper()
        if name in self._read:
            self._read -= {name}  # what follows may be a URC of that name
        elif not self._answers(text, parse_urc(text)):
            return False
        else:
            self.body.hears_information(text)
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
        if self._strangers and self._stage is AnswerStage.IDLE:
            self._others = (self._others or bool(_COMMAND.fullmatch(text))) and not is_result(text)
        if isinstance(urc, Ready):
            self.multi = None  # what it was told before is gone
        events.append(Unsolicited(text, urc))
        return True


def _first(kinds: tuple[type[S], ...], text: str) -> S | None:
    """What the first of these kinds reads in a line."""
    for kind in kinds:
        if (said := kind.read(text)) is not None:
            return said
    return None


_IN_FLIGHT = (
    InFlight._is_echo,
    InFlight._is_result,
    InFlight._is_packet_of_link,
    InFlight._is_own,
    InFlight._is_prompt,
    InFlight._is_header,
    InFlight._is_information,
    InFlight._is_unsolicited,
)
#: What a line may be in each stage, in the order in which it is asked.
_RULES: dict[AnswerStage, tuple[Callable[[InFlight, str, list[Event]], Follows | bool], ...]] = {
    AnswerStage.IDLE: (
        InFlight._is_packet_of_link,
        InFlight._is_late_own,
        InFlight._is_unsolicited,
    ),
    **dict.fromkeys(_MOVES, _IN_FLIGHT),
}
