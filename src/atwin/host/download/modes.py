"""Which ways of fetching a download has left.

Theory of operation. A download begins at `ANY`. What a strategy comes to, its turn, may rule ways
out, by the table at the end; a turn that is not in it changes nothing. No mode leads back to an
earlier one, so a server cannot send a download in circles.

- `ANY`: parts, or a stream where that pays.
- `STREAM`: a stream, because no part came in time.
- `PARTS`: parts, because a stream got nowhere.
- `WHOLE`: everything at once, because ranges are no use with this server.
- `SPENT`: the same as a stream only, because the module's buffer does not hold it.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from atwin.host.download.judging.verdict import AtOnce, ByParts, NoRanges, TooLong

if TYPE_CHECKING:
    from atwin.host.download.judging.verdict import Turn


class Mode(Enum):
    """The ways that are left."""

    ANY = auto()
    STREAM = auto()
    PARTS = auto()
    WHOLE = auto()
    SPENT = auto()

    @property
    def has_ranges(self) -> bool:
        """Whether ranges may be asked for."""
        return self not in (Mode.WHOLE, Mode.SPENT)

    def after(self, turn: Turn) -> Mode:
        """The mode that `turn` leads to."""
        return _AFTER.get((self, type(turn)), self)


_AFTER: Final[dict[tuple[Mode, type[Turn]], Mode]] = {
    (Mode.ANY, NoRanges): Mode.WHOLE,
    (Mode.ANY, AtOnce): Mode.STREAM,
    (Mode.ANY, ByParts): Mode.PARTS,
    (Mode.STREAM, NoRanges): Mode.WHOLE,
    (Mode.STREAM, ByParts): Mode.PARTS,
    (Mode.PARTS, NoRanges): Mode.WHOLE,
    (Mode.WHOLE, TooLong): Mode.SPENT,
}
