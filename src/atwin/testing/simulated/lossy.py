"""One direction of a connection over a link that loses segments."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from atwin.testing.simulated.direction import SEGMENT
from atwin.testing.simulated.pipe import Pipe

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.testing.simulated.direction import Direction
    from atwin.testing.simulated.pipe import Sent

#: Seconds by which the time-out of a segment is longer than a round trip, and the longest one.
_PATIENCE, _MOST_PATIENCE = 0.2, 60.0
#: A segment is sent again when this many later ones have arrived (RFC 5681 §3.2).
_OVERTAKEN = 3


@dataclass(slots=True, eq=False)
class _Parcel:
    """What was sent in one go, and what has become of it."""

    item: Sent
    arrived: bool = False
    lost: bool = False
    #: Times it went again, and later segments that arrived before it.
    again: int = 0
    overtaken: int = 0


class LossyPipe(Pipe):
    """A lost segment goes again; what came after it waits for it.

    It goes again when news of three later segments are back, else after a round trip and 200 ms,
    twice as long each time. Congestion control is not modelled: the window stays as it is.
    """

    def __init__(self, clock: Clock, link: Direction, back: Direction, window: int = 0) -> None:
        super().__init__(clock, link, back, window)
        self._parcels: deque[_Parcel] = deque()

    def _dispatch(self, item: Sent, delay: float, *, lost: bool = False) -> None:
        parcel = _Parcel(item)
        self._parcels.append(parcel)
        self._travel(parcel, delay, lost=lost)

    def _travel(self, parcel: _Parcel, delay: float, *, lost: bool) -> None:
        parcel.lost = lost
        if not lost:
            self._link.after(delay, partial(self._reach, parcel))
            return
        patience = (self._link.latency + self._back.latency + _PATIENCE) * 2**parcel.again
        again = partial(self._send_again, parcel, parcel.again)
        self._clock.call_later(delay + min(patience, _MOST_PATIENCE), again)

    def _reach(self, parcel: _Parcel) -> None:
        """It is there; whatever is complete up to its first gap can be read."""
        parcel.arrived = True
        size = len(parcel.item) if isinstance(parcel.item, bytes) else 1
        for earlier in self._parcels:
            if earlier is parcel:
                break
            if earlier.lost and not earlier.again and earlier.overtaken < _OVERTAKEN:
                earlier.overtaken += -(-size // SEGMENT)
                if earlier.overtaken >= _OVERTAKEN:
                    self._back.after(0.0, partial(self._send_again, earlier, 0))
        while self._parcels and self._parcels[0].arrived:
            self._take(self._parcels.popleft().item)

    def _send_again(self, parcel: _Parcel, again: int) -> None:
        """Unless it has gone again since somebody found that it should."""
        if parcel.again != again or self._left:
            return
        assert isinstance(parcel.item, bytes)
        parcel.again += 1
        self.segments_again += 1
        self.bytes_again += len(parcel.item)
        delay = self._link.book(len(parcel.item))
        self._travel(parcel, delay, lost=self._link.loses_segment())
