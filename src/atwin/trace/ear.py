"""Who hears what a trace was told, when its turn comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: Is called with the bytes of one direction of a line.
    Hear = Callable[[bytes], None]
    #: Makes forms of what went to the module and came from it by turns, or nothing.
    PassAll = Callable[[Sequence[bytes]], list[str]]

#: Pieces that are looked at together.
BLOCK = 256


class Ear:
    """Has `hear` called with what was put down for it."""

    __slots__ = ("by_turns", "hear", "pass_all")

    def __init__(self, hear: Callable[[Any], None]) -> None:
        self.hear = hear
        #: Of a line's first ear: both, by turns.
        self.by_turns: list[Ear] = []
        #: Of a line's first ear; where it makes nothing, each piece is to be heard.
        self.pass_all: PassAll = lambda said: []


def line_ears(to_module: Hear, to_host: Hear, pass_all: PassAll) -> tuple[Ear, Ear]:
    """The two of a line."""
    first, second = Ear(to_module), Ear(to_host)
    first.by_turns, first.pass_all = [first, second] * (BLOCK // 2), pass_all
    return first, second


def _hear_pieces(what: tuple[Ear, list[bytes]]) -> None:
    ear, pieces = what
    ear.hear(pieces[0] if len(pieces) == 1 else b"".join(pieces))


#: Hears large pieces that came at once for another.
PIECES = Ear(_hear_pieces)
