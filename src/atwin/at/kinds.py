"""What a parameter of a command takes: ranges, choices, strings (docs/spec/http.md §1, §3).

The same object converts an argument, writes its part of the test form, and stands in the
reference page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from atwin.at.grammar import Argument


class ProfileLimits(Protocol):
    """A module profile, as far as commands look at it."""

    def limit(self, name: str) -> int:
        """The profile's number of that name."""

    def has(self, feature: str) -> bool:
        """Whether the profile has the feature of that name."""


class BadArgument(Exception):  # noqa: N818 - becomes one of two error results, see Errors
    """An argument is missing, surplus, or not what the parameter takes."""


class ParameterKind(Protocol):
    """What one parameter takes, and how that is written in the test form and the manual."""

    def convert(self, argument: Argument) -> object:
        """The value for the method. Raises `BadArgument`."""

    def shown(self) -> str:
        """Its part of the test form's text."""

    def on(self, limits: ProfileLimits) -> ParameterKind:
        """The same with the numbers of a profile in place of their names."""
        return self


_DIGITS = re.compile(r"\d{1,10}")
_SIGNED = re.compile(r"[+-]?\d{1,10}")


def integer(argument: Argument, *, signed: bool = False) -> int:
    """A decimal number, quoted or not, of at most ten digits. Raises `BadArgument`."""
    if not (_SIGNED if signed else _DIGITS).fullmatch(argument.text):
        raise BadArgument(argument.text)
    return int(argument.text)


@dataclass(frozen=True, slots=True)
class Range(ParameterKind):
    """An integer from `low` to `high`; a bound may be the name of a profile limit.

    It may have a sign where `low` is below 0.
    """

    low: int | str
    high: int | str

    def on(self, limits: ProfileLimits) -> Range:
        return Range(*(b if isinstance(b, int) else limits.limit(b) for b in (self.low, self.high)))

    def convert(self, argument: Argument) -> int:
        value = integer(argument, signed=int(self.low) < 0)
        if not int(self.low) <= value <= int(self.high):
            raise BadArgument(argument.text)
        return value

    def shown(self) -> str:
        return f"({self.low}-{self.high})"


@dataclass(frozen=True, slots=True)
class OneOf(ParameterKind):
    """An integer out of a few; the test form lists them."""

    values: tuple[int, ...]

    def __init__(self, *values: int) -> None:
        object.__setattr__(self, "values", values)

    def convert(self, argument: Argument) -> int:
        value = integer(argument)
        if value not in self.values:
            raise BadArgument(argument.text)
        return value

    def shown(self) -> str:
        return f"({','.join(map(str, self.values))})"


@dataclass(frozen=True, slots=True)
class Text(ParameterKind):
    """A string, quotes optional, of at most `longest` bytes."""

    label: str = "text"
    longest: int | None = None

    def convert(self, argument: Argument) -> str:
        if self.longest is not None and len(argument.text) > self.longest:
            raise BadArgument(argument.text)
        return argument.text

    def shown(self) -> str:
        return f'"{self.label}"'


@dataclass(frozen=True, slots=True)
class OneWord(ParameterKind):
    """One of a few words in any letter case, quotes optional; given in capitals."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def convert(self, argument: Argument) -> str:
        if argument.text.upper() not in self.words:
            raise BadArgument(argument.text)
        return argument.text.upper()

    def shown(self) -> str:
        quoted = ",".join(f'"{word}"' for word in self.words)
        return f"({quoted})"


@dataclass(frozen=True, slots=True)
class Late(ParameterKind):
    """Shown as `kind` in the test form, but handed over as it stands.

    For an argument whose check depends on another one: the method calls `kind.convert` itself.
    """

    kind: ParameterKind

    def convert(self, argument: Argument) -> Argument:
        return argument

    def shown(self) -> str:
        return self.kind.shown()

    def on(self, limits: ProfileLimits) -> Late:
        return Late(self.kind.on(limits))


@dataclass(frozen=True, slots=True)
class Tail(ParameterKind):
    """Everything after the previous comma as one argument, inner quotes and commas included."""

    label: str = "value"

    def convert(self, argument: Argument) -> Argument:
        return argument

    def shown(self) -> str:
        return f'"{self.label}"'
