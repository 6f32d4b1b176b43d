"""What stands in a file of answers: `[[answer]]`, `[[urc]]`, `unknown`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from atwin.at.dialect.commands import SIGN
from atwin.at.reply import frame_prompt
from atwin.models.answers import read_answer, read_line, read_lines
from atwin.text import check_keys, rows_of, told
from atwin.twin.script.pattern import MATCHES, Pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: One line, or several.
Lines = str | list[str] | tuple[str, ...]

#: Rows of one kind in a file.
_MOST_ROWS = 100
#: Seconds, and how often something happens.
LONGEST, MOST_TIMES = 1e6, 1_000_000
#: Bytes of data that an answer takes; what ends them where it is not a number of bytes.
MOST_DATA, CTRL_Z = 1 << 20, "ctrl-z"


class ScriptError(ValueError):
    """An answer or URC cannot be like that; the text is one line: which key, what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What a row of both kinds has. Raises `ScriptError`."""

    #: Which commands; by `match` the text itself, one with `*`, or a regular expression.
    command: str | None = None
    match: str = "exact"
    #: How often it happens at most, and after how many of such commands.
    times: int | None = None
    after: int = 0

    @property
    def name(self) -> str:
        """What it is known by."""
        return self.command or ""

    def pattern(self) -> Pattern | None:
        """Which commands; None for none."""
        return None if self.command is None else Pattern(self.command, self.match)

    def _check(self) -> None:
        if self.match not in MATCHES:
            raise ScriptError(f"match = {told(self.match)}: must be one of {', '.join(MATCHES)}")
        if self.command is not None:
            try:
                read_line("command", self.command)
                self.pattern()
            except ValueError as error:
                raise ScriptError(str(error)) from None
        if self.times is not None:
            _whole("times", self.times, 1, MOST_TIMES)
        _whole("after", self.after, 0, MOST_TIMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub(_Row):
    """An answer to the commands of a pattern, in place of the module's own.

    `delay` seconds pass before `lines` and `result`; the line is busy meanwhile. With `prompt` the
    module asks for data first: `data` bytes, or all up to Ctrl-Z. `urc` comes `urc_delay` seconds
    after the answer, when nothing else is being said.
    """

    lines: Lines = ()
    result: str | None = None
    delay: float = 0
    prompt: str | None = None
    data: int | str | None = None
    urc: Lines = ()
    urc_delay: float = 0

    def __post_init__(self) -> None:
        if self.command is None:
            raise ScriptError('command is missing: command = "AT+CSQ"')
        self._check()
        _said("lines", self.lines)
        _said("urc", self.urc)
        if self.result:
            _said("result", self.result)
        elif self.result not in (None, ""):
            raise ScriptError(f'result = {told(self.result)}: must be a text; "" means no result')
        _seconds("delay", self.delay)
        _seconds("urc_delay", self.urc_delay)
        if self.prompt is not None:
            if not isinstance(self.prompt, str):
                raise ScriptError(f"prompt = {told(self.prompt)}: must be a text")
            _said("prompt", self.prompt)
        if (self.prompt is None) != (self.data is None):
            raise ScriptError("prompt and data: give both, or none of them")
        if self.data not in (None, CTRL_Z):
            _whole("data", self.data, 1, MOST_DATA, f', or "{CTRL_Z}"')

    def answer(self) -> tuple[tuple[str, ...], str | None]:
        """Its lines, and its result; None means no result."""
        if self.result is not None:
            return read_lines("lines", self.lines), self.result or None
        lines = read_answer("lines", self.lines) if self.lines != () else ("OK",)
        return lines[:-1], lines[-1] if lines else None

    def asks(self) -> bytes:
        """Its prompt, as it is on the line."""
        return frame_prompt(SIGN if self.prompt is None else self.prompt, blank=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying(_Row):
    """Lines that the module says unasked: at `at_time` seconds, or after commands of a pattern.

    `delay` seconds later than the command. Without time and command it is at once.
    """

    text: Lines = ()
    at_time: float | None = None
    delay: float = 0

    @property
    def name(self) -> str:
        return self.command or read_lines("text", self.text)[0]

    @property
    def is_now(self) -> bool:
        """Whether it is at once."""
        return self.command is None and not self.at_time and not self.delay

    def __post_init__(self) -> None:
        self._check()
        if self.text in ((), []):
            raise ScriptError('text is missing: text = "+CMTI: \\"SM\\",1"')
        _said("text", self.text)
        _seconds("delay", self.delay)
        if self.at_time is not None:
            _seconds("at_time", self.at_time)
            if self.command is not None:
                raise ScriptError("at_time and command: one of them is enough")
        if self.command is None and (self.after or self.times is not None):
            raise ScriptError("after and times need a command")


@dataclass(frozen=True, slots=True)
class Script:
    """All that a file has. `lets_pass`: unknown commands are answered OK."""

    stubs: tuple[Stub, ...] = ()
    sayings: tuple[Saying, ...] = ()
    lets_pass: bool = False

    def __add__(self, more: Script) -> Script:
        """What both have, this one's first."""
        return Script(
            self.stubs + more.stubs, self.sayings + more.sayings, self.lets_pass or more.lets_pass
        )

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Script:
        """The script in `table`, a TOML file's content. Raises `ScriptError`."""
        _check_keys(table, KEYS)
        unknown = table.get("unknown", "error")
        if unknown not in UNKNOWN:
            raise ScriptError(f"unknown = {told(unknown)}: must be one of {', '.join(UNKNOWN)}")
        return cls(
            tuple(_rows(table, "answer", Stub)),
            tuple(_rows(table, "urc", Saying)),
            unknown == "ok",
        )


Row = TypeVar("Row", bound=_Row)

#: What a file has, and what `unknown` takes.
KEYS = ("answer", "urc", "unknown")
UNKNOWN = ("ok", "error")


def row_from_table(kind: type[Row], table: Mapping[str, Any]) -> Row:
    """A `Stub` or a `Saying` of these keys. Raises `ScriptError`."""
    _check_keys(table, [each.name for each in fields(kind)])
    return kind(**table)


def _rows(table: Mapping[str, Any], name: str, kind: type[Row]) -> list[Row]:
    try:
        rows = rows_of(table.get(name, []), name, _MOST_ROWS)
    except ValueError as error:
        raise ScriptError(str(error)) from None
    made = []
    for place, row in enumerate(rows, 1):
        try:
            made.append(row_from_table(kind, row))
        except ScriptError as error:
            raise ScriptError(f"[[{name}]] {place}: {error}") from None
    return made


def _said(name: str, value: Any) -> None:
    try:
        read_lines(name, value)
    except ValueError as error:
        raise ScriptError(str(error)) from None


def _whole(name: str, value: Any, least: int, most: int, more: str = "") -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ScriptError(
            f"{name} = {told(value)}: must be a whole number from {least} to {most}{more}"
        )


def _seconds(name: str, value: Any) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not 0 <= value <= LONGEST:
        raise ScriptError(f"{name} = {told(value)}: must be seconds from 0 to {LONGEST:.0f}")


def _check_keys(table: Mapping[str, Any], known: Sequence[str]) -> None:
    try:
        check_keys(table, known)
    except ValueError as error:
        raise ScriptError(str(error)) from None
