"""How the answer to a command differs from plain lines (spec: http.md §3, fs.md §2)."""

from dataclasses import dataclass, replace

from atwin.at.grammar import Form, MalformedLine, parse_line, split_arguments
from atwin.at.urc import HttpAction, HttpExAction, HttpGetToFs, Urc


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
    #: The URC that ends what the command began.
    closing: type[Urc] | None = None


_SHAPES = {
    "+HTTPREAD": Shape(bodies=("+HTTPREAD",)),
    "+HTTPHEAD": Shape(bodies=("+HTTPHEAD", "+HTTPREAD")),
    "+HTTPEXGET": Shape(bodies=("+HTTPEXGET", "+HTTPGET")),
    "+FSREAD": Shape(bodies=("+FSREAD",)),
    "+HTTPDATA": Shape(prompt="DOWNLOAD"),
    "+HTTPEXPOST": Shape(prompt=">"),
    "+FSWRITE": Shape(prompt=">"),
    "+HTTPACTION": Shape(closing=HttpAction),
    "+HTTPEXACTION": Shape(closing=HttpExAction),
    "+HTTPGETTOFS": Shape(closing=HttpGetToFs),
}

#: Which argument of a command with a prompt is the number of bytes.
_SIZE_ARGUMENT = {"+HTTPDATA": 0, "+HTTPEXPOST": 0, "+FSWRITE": 2}


def shape_of(line: str) -> Shape:
    """What to expect behind `line`; its last command decides, for only that can take data."""
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
    size = arguments[index].text if index < len(arguments) else ""
    return replace(shape, size=int(size) if size.isdecimal() else 0)
