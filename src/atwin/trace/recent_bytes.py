"""The last bytes of a line, with payload: what somebody looks at who asks for the hex of a time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from atwin.trace.raw import RawListener

#: Bytes of the line that are kept, and what one piece costs beside its own.
_MOST_BYTES, _PIECE = 4 << 20, 64
#: Bytes that are handed over at once.
_MOST_SHOWN = 64 << 10


@dataclass(frozen=True, slots=True)
class Cutting:
    """Bytes of one direction from the moment `t`; None without any."""

    t: float | None
    data: bytes
    #: Of all there was in that time; more than `data` has where that would be too many.
    size: int
    #: Some of that time's bytes are not in `data`, or may have been let go of.
    cut: bool


class RecentBytes(RawListener):
    """Keeps the last bytes of a line, at most `size`; counts all of them."""

    def __init__(self, most: int = _MOST_BYTES) -> None:
        self._most = most
        #: Moment, direction, as much as can be shown, and how much there was.
        self._kept: deque[tuple[float, str, bytes, int]] = deque()
        self._size = 0
        self._gone: float | None = None
        #: Bytes that passed, by direction: `>` to the module, `<` from it.
        self.passed = {">": 0, "<": 0}

    def line(self, t: float, direction: str, data: bytes) -> None:
        size = len(data)
        self.passed[direction] += size
        # A body that is held whole costs the next one fresh memory.
        data = data[:_MOST_SHOWN]
        self._kept.append((t, direction, data, size))
        self._size += len(data) + _PIECE
        while self._size > self._most:
            self._gone, _, gone, _ = self._kept.popleft()
            self._size -= len(gone) + _PIECE

    def between(self, start: float, end: float, direction: str) -> Cutting:
        """What passed in that direction from `start` to `end`, both included; 64 KiB at most."""
        pieces: list[bytes] = []
        began, size = None, 0
        for t, way, data, whole in self._kept:
            if t > end:
                break
            if t >= start and way == direction:
                began = t if began is None else began
                if size < _MOST_SHOWN:
                    pieces.append(data[: _MOST_SHOWN - size])
                size += whole
        lost = self._gone is not None and start <= self._gone
        return Cutting(began, b"".join(pieces), size, size > _MOST_SHOWN or lost)
