"""The CIP… commands, and how they read arguments whose place depends on AT+CIPMUX.

With several links their number comes first (docs/spec/network.md §5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, integer
from atwin.at.reply import CmeError
from atwin.twin.chapters.tcp.service import NUMBERS

if TYPE_CHECKING:
    from atwin.at.grammar import Argument


def given(*arguments: Argument | None) -> list[Argument]:
    """The arguments up to the first that was left out."""
    return [argument for argument in arguments if argument is not None]


def split_number(*said: Argument | None, multi: bool) -> tuple[int, list[Argument]]:
    """The link's number (0 where there is only one) and the other arguments.

    Raises `BadArgument`.
    """
    arguments = given(*said)
    if not multi:
        return 0, arguments
    if not arguments:
        raise BadArgument("the number of a link must be given")
    number = integer(arguments[0])
    if number not in NUMBERS:
        raise BadArgument(arguments[0].text)
    return number, arguments[1:]


def number_in(argument: Argument, low: int, high: int) -> int:
    """A number from `low` to `high`. Raises `BadArgument`."""
    value = integer(argument)
    if not low <= value <= high:
        raise BadArgument(argument.text)
    return value


def at_most(arguments: list[Argument], count: int) -> None:
    """Raises `BadArgument` when there are more."""
    if len(arguments) > count:
        raise BadArgument(arguments[count].text)


def same_form(first: Argument, *, multi: bool) -> None:
    """The form with or without a number must be the mode's. Raises `CmeError` 3."""
    if first.text.isdecimal() != multi:
        raise CmeError(Cme.NOT_ALLOWED)
