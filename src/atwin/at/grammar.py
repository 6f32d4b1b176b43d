"""Command lines as text: from one line to the commands in it (docs/spec/uart.md §1).

Everything is latin-1, one character a byte, so that UTF-8 and GBK in strings pass unchanged.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache


class Form(Enum):
    """The four ways to say a command. The value is what follows the name."""

    EXECUTE = ""
    READ = "?"
    TEST = "=?"
    SET = "="

    __hash__ = object.__hash__  # it is looked up for each command


class MalformedLine(Exception):  # noqa: N818 - the field's word for it
    """The line has no command's shape: answered with a plain ERROR."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line.

    `name` is upper case with its sign (`+HTTPPARA`, `*I`, `^HVER`, `&W`, `E`, `S3`); `arguments`
    is the raw text after the `=`, or the digits of a basic command.
    """

    name: str
    form: Form
    arguments: str = ""

    def text(self) -> str:
        """As it is written after `AT`."""
        sign = self.form.value if self.name[0] in "+*^S" else ""
        return self.name + sign + self.arguments


@dataclass(frozen=True, slots=True)
class Argument:
    """One comma-separated piece: its text without quotes, and whether it had any.

    `unclosed`: there was a first quote and no last one, so what was meant cannot be known.
    """

    text: str
    quoted: bool = False
    unclosed: bool = False


_PREFIX = re.compile(r"AT", re.IGNORECASE)
_EXTENDED = re.compile(r"([+*^])[ \t]*([A-Z][A-Z0-9_]*)[ \t]*", re.IGNORECASE)
_REGISTER = re.compile(r"S(\d+)[ \t]*(\?|=[ \t]*(\d+))", re.IGNORECASE)
#: The number takes all up to a `;`, which makes it a voice call and ends the command.
_DIAL = re.compile(r"D([^;]*)", re.IGNORECASE)
_BASIC = re.compile(r"(&?[A-Z])[ \t]*(\d*)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]*")
_CLOSES = re.compile(r"[ \t]*(?:$|,|;(?P<next>.*))", re.DOTALL)
#: What may follow the `;` after a quoted value: nothing, an extended command, basic ones.
_NEXT = re.compile(
    r"[ \t]*(?:$|[+*^][ \t]*[A-Z]|S\d+[ \t]*[?=]|(?:&?[A-Z](?:[ \t]*\d+)?[ \t]*)++(?:;|$))",
    re.IGNORECASE,
)


# Of one line the interpreter, the host and, a little later, a trace all want to know.
@lru_cache(maxsize=128)
def parse_line(line: str) -> tuple[Command, ...] | None:
    """The commands of `line` (no terminator), in order; None when it holds no `AT`.

    Anything in front of the first `AT` is junk and skipped. Raises `MalformedLine`.
    """
    prefix = _PREFIX.search(line)
    if prefix is None:
        return None
    commands: list[Command] = []
    position = _skip_blanks(line, prefix.end())
    while position < len(line):
        command, position = _next_command(line, position)
        commands.append(command)
        position = _skip_blanks(line, position)
    return tuple(commands)


def split_arguments(raw: str) -> list[Argument]:
    """The pieces between the commas; nothing at all gives an empty list.

    A quoted piece runs from its first quote to its last one.
    """
    if not raw.strip():
        return []
    pieces: list[Argument] = []
    position = 0
    while position <= len(raw):
        end = _end_of_piece(raw, position, ",")
        pieces.append(unquote(raw[position:end]))
        position = end + 1
    return pieces


def unquote(piece: str) -> Argument:
    """`piece` without surrounding blanks, and without its outer quotes where it has them."""
    piece = piece.strip(" \t")
    if not piece.startswith('"'):
        return Argument(piece)
    end = piece.rfind('"')
    return Argument(piece[1 : end or None], quoted=True, unclosed=end == 0)


def _skip_blanks(line: str, position: int) -> int:
    match = _BLANKS.match(line, position)
    return match.end() if match else position


def _next_command(line: str, position: int) -> tuple[Command, int]:
    if match := _EXTENDED.match(line, position):
        return _extended(line, match)
    if match := _REGISTER.match(line, position):
        form = Form.READ if match[2] == "?" else Form.SET
        return Command(f"S{int(match[1][:6])}", form, match[3] or ""), _past_separator(line, match)
    if match := _DIAL.match(line, position):
        return Command("D", Form.SET, match[1].strip(" \t")), _past_separator(line, match)
    if match := _BASIC.match(line, position):
        form = Form.SET if match[2] else Form.EXECUTE
        return Command(match[1].upper(), form, match[2]), _past_separator(line, match)
    raise MalformedLine(line)


def _past_separator(line: str, match: re.Match[str]) -> int:
    """Basic commands may stand in a row without a `;` between them, but one does no harm."""
    position = _skip_blanks(line, match.end())
    return position + 1 if line.startswith(";", position) else position


def _end_of_command(line: str, position: int) -> int:
    """Where the `;` stands that ends the extended command whose name ends at `position`."""
    position = _skip_blanks(line, position)
    if line.startswith("=", position):
        position += 1
    while True:
        position = _end_of_piece(line, position, ",;")
        if not line.startswith(",", position):
            return position
        position += 1


def _end_of_piece(text: str, position: int, separators: str) -> int:
    """Where the first of `separators` stands outside quotes, or the text ends."""
    start = _skip_blanks(text, position)
    if text.startswith('"', start):
        position = _after_quoted(text, start)
    while position < len(text) and text[position] not in separators:
        position = _after_quotes(text, position) if text[position] == '"' else position + 1
    return position


def _after_quoted(text: str, start: int) -> int:
    """The place after the value that begins with the quote at `start`.

    A value may hold quotes as they are (docs/spec/http.md §3.3): the one that ends it has a
    separator after it, and a `;` separates when a command follows. Where none has, it is the
    last one; where there is no other, the value runs to the end.
    """
    quote = text.find('"', start + 1)
    while quote >= 0 and not _closes(text, quote):
        following = text.find('"', quote + 1)
        if following < 0:
            break
        quote = following
    return quote + 1 if quote >= 0 else len(text)


def _after_quotes(text: str, start: int) -> int:
    """The place after the quoted stretch that begins at `start`, inside a piece.

    A quote with a separator after it begins no stretch: it ends a value that held a comma.
    """
    if _closes(text, start):
        return start + 1
    quote = text.find('"', start + 1)
    return quote + 1 if quote >= 0 else len(text)


def _closes(text: str, quote: int) -> bool:
    after = _CLOSES.match(text, quote + 1)
    if after is None:
        return False
    following = after["next"]
    return following is None or _NEXT.match(following) is not None


def _extended(line: str, match: re.Match[str]) -> tuple[Command, int]:
    name = match[1] + match[2].upper()
    end = _end_of_command(line, match.end())
    after = end + 1
    rest = line[match.end() : end].strip(" \t")
    if rest == "":
        return Command(name, Form.EXECUTE), after
    if rest == "?":
        return Command(name, Form.READ), after
    if rest[0] != "=":
        raise MalformedLine(line)
    arguments = rest[1:].strip(" \t")
    if arguments == "?":
        return Command(name, Form.TEST), after
    return Command(name, Form.SET, arguments), after
