"""How the answers of the CIP… commands end: other results than OK, or lines of their own.

The host's direction; see `atwin.at.answers` (spec: network.md §5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from atwin.at.grammar import Form, MalformedLine, parse_line


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends one command's answer, besides OK and the errors."""

    #: Results that mean it is done.
    done: re.Pattern[str] | None = None
    #: Results that mean it is not.
    refused: re.Pattern[str] | None = None
    #: Lines without a name that are the answer; they come in front of OK or behind it, and with
    #: OK coming first it is not the end.
    own: re.Pattern[str] | None = None


_LINK = r"(?:\d *, *)?"

_ENDINGS = {
    "+CIFSR": Ending(done=re.compile(r"[0-9.]{7,}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+")),
    "+CIPSHUT": Ending(done=re.compile(r"SHUT OK")),
    "+CIPCLOSE": Ending(done=re.compile(_LINK + r"CLOSE OK")),
    "+CIPSEND": Ending(
        done=re.compile(_LINK + r"SEND OK|DATA ACCEPT *: *(?:\d *, *)?\d+"),
        refused=re.compile(_LINK + r"SEND FAIL"),
    ),
    "+CIPSTART": Ending(refused=re.compile(_LINK + r"ALREADY CONNECT")),
    # One link: the state is all. Several: a line each.
    "+CIPSTATUS": Ending(own=re.compile(r"STATE *:.*|C *: *\d *,.*")),
    "O": Ending(done=re.compile(r"CONNECT"), refused=re.compile(r"NO CARRIER")),
}
_PLAIN = Ending()


def ending_of(sent: str) -> Ending:
    """How the answer to that command line ends; its last command decides."""
    try:
        commands = parse_line(sent)
    except MalformedLine:
        return _PLAIN
    if not commands or commands[-1].form in (Form.READ, Form.TEST):
        return _PLAIN
    last = commands[-1]
    if last.name == "+CIPSTATUS" and last.form is Form.SET:
        return _PLAIN
    return _ENDINGS.get(last.name, _PLAIN)


def names_read(sent: str) -> frozenset[str]:
    """The commands of a line in their read form: what they print may look like a URC."""
    try:
        commands = parse_line(sent) or ()
    except MalformedLine:
        return frozenset()
    return frozenset(command.name for command in commands if command.form is Form.READ)
