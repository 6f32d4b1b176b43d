"""Tables in plain text that fit a terminal without cutting a number: columns leave, digits stay."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Between two columns, and the narrowest bar that is one.
_GAP = "  "
_LEAST_BAR = 6

_HOUR, _DAY = 3600, 86_400


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and its cells. Those with the highest `rank` leave first; 0 stays."""

    heading: str
    cells: Sequence[str]
    rank: int = 0
    left: bool = False

    @property
    def width(self) -> int:
        """Characters of the widest."""
        return max(map(len, (self.heading, *self.cells)))

    def shown(self) -> list[str]:
        """Heading and cells, each as wide as the widest."""
        pad = str.ljust if self.left else str.rjust
        return [pad(cell, self.width) for cell in (self.heading, *self.cells)]


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars at the end of the rows, 1 being `most` characters; they take the room that is left."""

    shares: Sequence[float] = field(default_factory=tuple)
    most: int = 24


def terminal_width() -> int:
    """Characters of a line: of COLUMNS, of the terminal, or 80."""
    return shutil.get_terminal_size().columns


def table(columns: Sequence[Column], bars: Bars | None = None, width: int | None = None) -> str:
    """The rows, no wider than `width` as long as columns are left that may leave."""
    width = terminal_width() if width is None else width
    there = list(columns)
    while (room := width - _wide(there)) < 0 and (rank := max(column.rank for column in there)):
        there = [column for column in there if column.rank < rank]
    shown = [column.shown() for column in there]
    if bars is not None and (longest := min(bars.most, room - len(_GAP))) >= _LEAST_BAR:
        shown.append(["", *("█" * round(share * longest) for share in bars.shares)])
    return "\n".join(_GAP.join(row).rstrip() for row in zip(*shown, strict=True))


def duration(seconds: float) -> str:
    """Seconds as a person reads them: 0.84 s, 12.5 s, 18 min 34 s, 2 h 5 min, 3 d 4 h."""
    if seconds < 99.95:
        return f"{seconds:.{1 if seconds >= 9.995 else 2}f} s"
    if seconds < _HOUR:
        return "{} min {} s".format(*divmod(round(seconds), 60))
    if seconds < _DAY:
        return "{} h {} min".format(*divmod(round(seconds / 60), 60))
    return "{:,} d {} h".format(*divmod(round(seconds / _HOUR), 24))


def _wide(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)
