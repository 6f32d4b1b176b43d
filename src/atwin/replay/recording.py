"""A recording: what passed on a line, piece by piece, and what that comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.trace.exchanges import Exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atwin.trace.pcap.reading import Piece

#: Bytes and pieces of one recording.
MOST_BYTES, MOST_PIECES = 256 << 20, 4_000_000


class RecordingError(ValueError):
    """What was recorded cannot be replayed. One line."""


def exchanges_of(pieces: Iterable[Piece]) -> Exchanges:
    """What was said. Raises `RecordingError` where no command is in it, or too much of all."""
    heard, size, latest = Exchanges(), 0, 0.0
    for number, piece in enumerate(pieces):
        size += len(piece.data)
        if size > MOST_BYTES or number > MOST_PIECES:
            raise RecordingError(f"more than {MOST_BYTES >> 20} MiB passed there: too much")
        latest = max(latest, piece.t)  # a clock that was set back takes no time back
        heard.feed(latest, piece.direction, piece.data)
    heard.end()
    if len(heard.all) == 1:
        raise RecordingError("there is no AT command in it")
    return heard
