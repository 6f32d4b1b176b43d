"""How the answer to a command differs from plain lines.

Spec: http.md §3, fs.md §2, network.md §5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import (
    Connect,
    ConnectFail,
    ConnectOk,
    HttpAction,
    HttpExAction,
    HttpGetToFs,
    NameResolved,
    NameUnknown,
)
from atwin.at.grammar import Form, MalformedLine, parse_line, split_arguments
from atwin.text.numbers import decimal

if TYPE_CHECKING:
    from atwin.at.dialect.urc import Urc


@dataclass(frozen=True, slots=True)
class Shape:
    """What to expect behind one command line."""

    #: Whether there is an answer at all.
    answered: bool = True
    #: The headers that announce a counted body.
    bodies: tuple[str, ...] = ()
    #: What the module says when it wants data, and how many bytes of them.
    prompt: str | None = None
    size: int = 0
    #: What ends data that have no size.
    end: bytes = b""
    #: The URCs that end what the command began.
    closing: tuple[type[Urc], ...] = ()


_SHAPES = {
    "+HTTPREAD": Shape(bodies=("+HTTPREAD",)),
    "+HTTPHEAD": Shape(bodies=("+HTTPHEAD", "+HTTPREAD")),
    "+HTTPEXGET": Shape(bodies=("+HTTPEXGET", "+HTTPGET")),
    "+HTTPDATA": Shape(prompt="DOWNLOAD"),
    "+HTTPEXPOST": Shape(prompt=">"),
    "+FSWRITE": Shape(prompt=">"),
    "+HTTPACTION": Shape(closing=(HttpAction,)),
    "+HTTPEXACTION": Shape(closing=(HttpExAction,)),
    "+HTTPGETTOFS": Shape(closing=(HttpGetToFs,)),
    "+CIPSTART": Shape(closing=(ConnectOk, ConnectFail, Connect)),
    "+CIPSEND": Shape(prompt=">"),
    "+CIPRXGET": Shape(bodies=("+CIPRXGET",)),
    "+CDNSGIP": Shape(closing=(NameResolved, NameUnknown)),
}

#: Which argument of a command with a prompt is the number of bytes.
_SIZE_ARGUMENT = {"+HTTPDATA": 0, "+HTTPEXPOST": 0, "+FSWRITE": 2, "+CIPSEND": 0}
#: AT+CIPSEND without a length: as much as a packet holds, up to Ctrl-Z.
_PACKET, _CTRL_Z = 1460, b"\x1a"


def shape_of(line: str, *, multi: bool = False) -> Shape:
    """What to expect behind `line`; its last command decides, for only that can take data.

    `multi`: AT+CIPMUX=1 holds, so that a link's number comes first.
    """
    try:
        commands = parse_line(line)
    except MalformedLine:
        return Shape()
    if commands is None:
        return Shape(answered=False)
    if not commands or commands[-1].form not in (Form.SET, Form.EXECUTE):
        return Shape()
    last = commands[-1]
    shape = _SHAPES.get(last.name, Shape())
    if shape.prompt is None:
        return shape
    arguments = split_arguments(last.arguments)
    index = _SIZE_ARGUMENT[last.name]
    if last.name == "+CIPSEND":
        index += multi
        if index >= len(arguments):
            return replace(shape, size=_PACKET, end=_CTRL_Z)
    size = arguments[index].text if index < len(arguments) else ""
    return replace(shape, size=decimal(size) or 0)
