"""What a server feels of a device: connections, requests and bytes over time.

A `Load` is told of them, by a `LoadedStream` and by the server, on any clock, and makes spans of
about a second, of which those that are alike become one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.fleet.device.row import Span
from atwin.net.network import StreamError
from atwin.net.wrapper import StreamWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from atwin.net.network import Stream

#: Spans of one attempt, and as many as are kept until it ends; seconds of one before any joins.
MOST, _KEPT, _WIDTH = 40, 640, 1.0
#: Bytes that are written at a time.
_PIECE = 16 * 1024
#: The first difference between two spans that are alike, as a share of the highest rate.
_ALIKE = 1 / 64


class Load:
    """Sums, and the spans since `take` was called last. `now` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        #: All there were so far; `connection_seconds` up to the last thing that happened.
        self.connections = self.requests = 0
        self.connection_seconds = 0.0
        self._now = now
        self._open = 0
        self._spans: list[Span] = []
        self._begin(now())

    def opened(self) -> None:
        """A connection is there."""
        self._advance()
        self.connections += 1
        self._open += 1

    def closed(self) -> None:
        """One of them has gone."""
        self._advance()
        self._open -= 1

    def requested(self) -> None:
        """A request has come."""
        self._advance()
        self.requests += 1
        self._requests += 1

    def passed(self, *, down: int = 0, up: int = 0) -> None:
        """Bytes have passed, to the device and from it."""
        self._advance()
        self._down += down
        self._up += up

    def take(self) -> tuple[Span, ...]:
        """The spans since the last call, 40 at most, without those in which nothing happened."""
        self._advance()
        self._close(self._at)
        spans, self._spans = self._spans, []
        return tuple(joined(spans, MOST))

    def _begin(self, at: float) -> None:
        self._since = self._at = at
        self._held, self._requests, self._down, self._up = 0.0, 0, 0, 0

    def _advance(self) -> None:
        """Time has passed with everything as it was: at most to the edge of the span it is in."""
        now = self._now()
        edge = self._since + _WIDTH
        if now > edge:
            self._hold(edge)
            self._close(edge)
            if now > edge + _WIDTH:  # nothing happened in between
                self._hold(now)
                self._close(now)
        self._hold(now)

    def _hold(self, until: float) -> None:
        held = self._open * (until - self._at)
        self._held += held
        self.connection_seconds += held
        self._at = until

    def _close(self, end: float) -> None:
        if self._held or self._requests or self._down or self._up:
            length = end - self._since
            mean = self._held / length if length else 0.0
            self._spans.append(Span(self._since, end, mean, self._requests, self._down, self._up))
            if len(self._spans) > _KEPT:
                self._spans = joined(self._spans, _KEPT // 2)
        self._begin(end)


def joined(spans: Iterable[Span], most: int) -> list[Span]:
    """At most `most` spans with the same sums: neighbours that are alike become one."""
    found, alike = list(spans), _ALIKE
    while len(found) > most:
        peaks = [max(rates) for rates in zip(*map(_rates, found), strict=True)]
        allowed = [alike * peak for peak in peaks]
        left = [found[0]]
        for span in found[1:]:
            pairs = zip(_rates(left[-1]), _rates(span), allowed, strict=True)
            if all(abs(one - other) <= most_apart for one, other, most_apart in pairs):
                left[-1] = _both(left[-1], span)
            else:
                left.append(span)
        found, alike = left, 2 * alike
    return found


def _rates(span: Span) -> tuple[float, ...]:
    length = (span.end - span.begin) or _WIDTH
    return (
        span.connections,
        span.requests / length,
        span.down / length,
        span.up / length,
    )


def _both(one: Span, other: Span) -> Span:
    """With the time between them."""
    length = other.end - one.begin
    held = one.connections * (one.end - one.begin) + other.connections * (other.end - other.begin)
    return replace(
        one,
        end=other.end,
        connections=held / length if length else 0.0,
        requests=one.requests + other.requests,
        down=one.down + other.down,
        up=one.up + other.up,
    )


class LoadedStream(StreamWrapper):
    """The server's end of a connection, counted from when this is made until either end closes it.

    `inner` knows what has passed (`atwin.net.network.Counting`).
    """

    def __init__(self, inner: Stream, load: Load) -> None:
        super().__init__(inner)
        self._load = load
        self._written = 0
        self._open = True
        load.opened()

    async def read(self, limit: int) -> bytes:
        try:
            data = await self.inner.read(limit)
        except StreamError:
            self._gone()
            raise
        if data:
            self._load.passed(up=len(data))
        else:
            self._gone()
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        for start in range(0, len(data), _PIECE):  # those of a slow connection as they go
            try:
                await self.inner.write(data[start : start + _PIECE])
            finally:
                # Of a piece that is broken off a part has left.
                before, (self._written, _) = self._written, self.passed
                self._load.passed(down=self._written - before)

    def close(self) -> None:
        self._gone()
        self.inner.close()

    def _gone(self) -> None:
        if self._open:
            self._open = False
            self._load.closed()
