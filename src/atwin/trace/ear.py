"""Who hears what a trace was told, when its turn comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Pieces that are looked at together.
BLOCK = 256


class Ear:
    """Has `hear` called with what was put down for it."""

    __slots__ = ("by_turns", "hear", "pass_all")

    def __init__(self, hear: Callable[[Any], None]) -> None:
        self.hear = hear
        #: Of a line's first ear: both, by turns.
        self.by_turns: list[Ear] = []
        #: Makes forms of what the two heard by turns, or nothing: then each piece is to be heard.
        self.pass_all: Callable[[Sequence[bytes]], list[str]] = lambda said: []


def line_ears(
    to_module: Callable[[bytes], None],
    to_host: Callable[[bytes], None],
    pass_all: Callable[[Sequence[bytes]], list[str]],
) -> tuple[Ear, Ear]:
    """The two of a line."""
    first, second = Ear(to_module), Ear(to_host)
    first.by_turns, first.pass_all = [first, second] * (BLOCK // 2), pass_all
    return first, second


def _hear_pieces(what: tuple[Ear, list[bytes]]) -> None:
    ear, pieces = what
    ear.hear(pieces[0] if len(pieces) == 1 else b"".join(pieces))


#: Hears large pieces that came at once for another.
PIECES = Ear(_hear_pieces)
