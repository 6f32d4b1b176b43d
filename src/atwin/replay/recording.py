"""A recording: what passed on a line, piece by piece, and what that comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from atwin.trace.exchanges import Exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes and pieces of one recording.
MOST_BYTES, MOST_PIECES = 256 << 20, 4_000_000


class RecordingError(ValueError):
    """What was recorded cannot be replayed. One line."""


class Piece(NamedTuple):
    """Bytes that passed at once."""

    #: Seconds since some moment before all of them.
    t: float
    #: `>` to the module, `<` from it.
    way: str
    data: bytes


def exchanges_of(pieces: Iterable[Piece]) -> Exchanges:
    """What was said. Raises `RecordingError` where no command is in it, or too much of all."""
    heard, size, latest = Exchanges(), 0, 0.0
    for number, (t, way, data) in enumerate(pieces):
        size += len(data)
        if size > MOST_BYTES or number > MOST_PIECES:
            raise RecordingError(f"more than {MOST_BYTES >> 20} MiB passed there: too much")
        latest = max(latest, t)  # a clock that was set back takes no time back
        heard.feed(latest, way, data)
    heard.end()
    if len(heard.all) == 1:
        raise RecordingError("no AT command is in it")
    return heard
