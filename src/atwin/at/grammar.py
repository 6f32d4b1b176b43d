"""Command lines as text: from one line to the commands in it (spec: uart.md §1).

Everything is latin-1, one character a byte, so that UTF-8 and GBK in strings pass unchanged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """The four ways to say a command. The value is what follows the name."""

    EXECUTE = ""
    READ = "?"
    TEST = "=?"
    SET = "="


class MalformedLine(Exception):  # noqa: N818 - the field's word for it
    """The line has no command's shape: answered with a plain ERROR."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line.

    `name` is upper case with its sign (`+HTTPPARA`, `*I`, `^HVER`, `&W`, `E`, `S3`); `arguments`
    is the raw text behind the `=`, or the digits of a basic command.
    """

    name: str
    form: Form
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Argument:
    """One comma-separated piece: its text without quotes, and whether it had any."""

    text: str
    quoted: bool = False


_PREFIX = re.compile(r"AT", re.IGNORECASE)
_EXTENDED = re.compile(r"([+*^])[ \t]*([A-Z][A-Z0-9_]*)[ \t]*", re.IGNORECASE)
_REGISTER = re.compile(r"S(\d+)[ \t]*(\?|=[ \t]*(\d+))", re.IGNORECASE)
_BASIC = re.compile(r"(&?[A-Z])[ \t]*(\d*)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]*")
#: Up to the `;` that ends a command: quoted stretches are opaque, an open quote runs to the end.
_SEGMENT = re.compile(r'(?:[^";]|"[^"]*(?:"|$))*')
_PIECE = re.compile(r'(?:[^",]|"[^"]*(?:"|$))*')


def parse_line(line: str) -> list[Command] | None:
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
    return commands


def split_arguments(raw: str) -> list[Argument]:
    """The pieces between the commas; nothing at all gives an empty list.

    A quoted piece runs from its first quote to its last one.
    """
    if not raw.strip():
        return []
    pieces: list[Argument] = []
    position = 0
    while True:
        match = _PIECE.match(raw, position)
        assert match is not None  # the pattern matches the empty string
        pieces.append(unquote(match.group()))
        position = match.end() + 1
        if position > len(raw):
            return pieces


def unquote(piece: str) -> Argument:
    """`piece` without surrounding blanks, and without its outer quotes where it has them."""
    piece = piece.strip(" \t")
    if not piece.startswith('"'):
        return Argument(piece)
    end = piece.rfind('"')
    return Argument(piece[1:end] if end else piece[1:], quoted=True)


def _skip_blanks(line: str, position: int) -> int:
    match = _BLANKS.match(line, position)
    return match.end() if match else position


def _next_command(line: str, position: int) -> tuple[Command, int]:
    if match := _EXTENDED.match(line, position):
        return _extended(line, match)
    if match := _REGISTER.match(line, position):
        form = Form.READ if match[2] == "?" else Form.SET
        return Command(f"S{int(match[1][:6])}", form, match[3] or ""), _past_separator(line, match)
    if match := _BASIC.match(line, position):
        form = Form.SET if match[2] else Form.EXECUTE
        return Command(match[1].upper(), form, match[2]), _past_separator(line, match)
    raise MalformedLine(line)


def _past_separator(line: str, match: re.Match[str]) -> int:
    """Basic commands may stand in a row without a `;` between them, but one does no harm."""
    position = _skip_blanks(line, match.end())
    return position + 1 if line.startswith(";", position) else position


def _extended(line: str, match: re.Match[str]) -> tuple[Command, int]:
    name = match[1] + match[2].upper()
    segment = _SEGMENT.match(line, match.end())
    assert segment is not None  # the pattern matches the empty string
    after = segment.end() + 1
    rest = segment.group().strip(" \t")
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
