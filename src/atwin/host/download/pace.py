"""Which bytes to ask for next, and how many; which method is faster on this line.

Measured on the virtual clock by bench/efficiency.py. A part by range costs silence: connecting and
asking, while nothing crosses the line. The stream costs a URC, a command and an answer for every
3880 bytes, but receives while the host reads (docs/spec/http.md §3.11).
"""

from __future__ import annotations

from dataclasses import dataclass

from atwin.line.frame import USUAL_RATE

#: Bits on the wire for each byte: 8N1.
_BITS = 10
#: Bytes of commands and answers for a part by range, and for one read of the stream.
_RANGE_TALK, _STREAM_TALK = 160, 54
#: Bytes of one read of the stream.
_STREAM_READ = 3880
#: The part of the time a stream must save. With less to win ranges are better: each part has its
#: own status, and one that fails costs nothing but itself.
_WORTH = 0.02

#: The part of the module's time-out that a request may take and still be called quick.
_QUICK = 0.25
#: Bytes below which parts do not shrink: in 120 s they come at 17 bytes/s.
_SMALLEST = 2048
#: Parts that come, at the most, until a size that failed is tried again.
_LONGEST_HOLD = 64


class PartSize:
    """How many bytes the next request asks for.

    A module gives nothing of a response that is not over in its time-out. So a part that took
    too long is asked for by halves, until one comes; and by larger ones when it came quickly. A
    size that fails again and again is tried after twice as many parts each time: another failure
    may cost the whole time-out.
    """

    def __init__(self, largest: int, timeout: float) -> None:
        """`largest` in bytes, `timeout` of the module in seconds."""
        self.now = largest
        self._largest = largest
        self._quick = timeout * _QUICK
        self._failed_at = largest + 1
        self._hold = self._held = 0
        self._grown = False

    @property
    def shrinking(self) -> bool:
        """Whether parts are smaller than at first, and can be smaller still."""
        return min(_SMALLEST, self._largest) < self.now < self._largest

    def failed(self, seconds: float, *, timed_out: bool) -> None:
        """A request failed after `seconds`: `timed_out`, or for another reason."""
        # A link that breaks now and then lets a smaller part through too.
        if timed_out or seconds > self._quick:
            self._failed_at = self.now
            if self._grown:
                self._hold = min(2 * self._hold + 1, _LONGEST_HOLD)
            self._grown, self._held = False, 0
            self.now = max(self.now // 2, min(_SMALLEST, self._largest))

    def came(self, size: int, seconds: float) -> None:
        """`size` bytes came into the module in that time."""
        if size >= self._failed_at:
            self._failed_at, self._hold = self._largest + 1, 0
        if seconds < self._quick and size * 2 >= self.now:
            self._held += 1
            if min(self.now * 2, self._largest) < self._failed_at or self._held >= self._hold:
                self.now, self._held = min(self.now * 2, self._largest), 0
                self._grown = True


def stream_pays(chunk: int, rate: int | None, wait: float) -> bool:
    """Whether the stream is faster than parts of `chunk` bytes, and enough so to be worth it.

    `rate` of the line in bit/s; None, where the port does not know it, counts as the usual one.
    `wait` is how many seconds a request takes without its body: lookup, connection, TLS, server.
    """
    byte_time = _BITS / (rate or USUAL_RATE)
    by_range = (chunk + _RANGE_TALK) * byte_time + wait
    by_stream = (chunk + _STREAM_TALK * chunk / _STREAM_READ) * byte_time
    return by_range - by_stream > _WORTH * by_range


# --- parts (docs/spec/flows.md §3, http.md §7) ------------------------------------------

#: A stream is written and journalled in parts of this many bytes.
STREAM_PART = 65_536

#: The first byte alone cannot be asked for: BREAK=0 with BREAKEND=0 means no range.
SMALLEST_CHUNK = 2


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes `first` to `last` of an entity, both included; number `index` of `count`."""

    index: int
    count: int
    first: int
    last: int


def count_parts(total: int, chunk: int) -> int:
    """How many parts of `chunk` bytes an entity of `total` bytes has."""
    return -(-total // chunk)


def next_part(done: int, total: int, chunk: int) -> Part:
    """The part that follows the first `done` bytes; `done` is less than `total`.

    Parts end on multiples of `chunk`, so a download that goes on with another chunk size, or
    after a short part, falls into step again.
    """
    index = done // chunk + 1
    last = index * chunk - 1
    if last == done:
        # A single byte is only safe to ask for at the end of the entity, where `first` to
        # `last` and `first` to the end are the same (docs/spec/open-questions.md OQ-20).
        last += 1
    return Part(index, count_parts(total, chunk), done, min(last, total - 1))
