"""One direction of a simulated connection: what TCP makes of a link."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from atwin.net.inbox import Inbox
from atwin.net.network import StreamError
from atwin.testing.simulated.direction import SEGMENT

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.testing.simulated.direction import Direction

#: Bytes on the way or unread at which a sender waits, where the receiver names no window.
_WINDOW = 512 * 1024
#: Seconds of link time that a sender may book ahead of the others.
_AHEAD = 0.1

#: Bytes, and last the end (None is the orderly one).
Sent: TypeAlias = bytes | StreamError | None


class Pipe:
    """What one end sends the other over `link`; `back` is the way that ACKs take.

    `window`: bytes that may be on the way or unread. News of room travel then, so no more than a
    window passes in one round trip. Without it there is room for 512 KiB, and the sender knows
    at once.
    """

    def __init__(self, clock: Clock, link: Direction, back: Direction, window: int = 0) -> None:
        self.inbox = Inbox(self._was_read)
        #: Bytes that have left, and those of them that have not arrived.
        self.sent = self.flying = 0
        #: Segments that went again, and their bytes.
        self.segments_again = self.bytes_again = 0
        self._clock = clock
        self._link = link
        self._back = back
        self._window = window or _WINDOW
        self._news_travel = bool(window)
        self._group = link.segment or self._window
        #: Bytes of room that are worth telling while others wait to be read.
        self._worth_telling = 1
        if window:
            self._worth_telling = max(1, min(window // 4, 2 * SEGMENT))
            if link.segment:
                self._group = max(SEGMENT, min(self._group, window // 16))
        #: What is on the way, in the order in which it was sent.
        self._on_the_way: deque[Sent] = deque()
        #: Bytes sent of which the sender does not know that they were read.
        self._used = 0
        #: Bytes that arrived, and how many of them the sender was told to be read.
        self._arrived = self._told = 0
        self._room = asyncio.Event()
        self._finished = False
        self._left = False
        self._never_read = 0

    @property
    def unread(self) -> int:
        """Bytes that came and nobody has read; also those on the way to who has left."""
        return self._never_read if self._left else self.inbox.size

    async def send(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it, waiting for room. Raises `StreamError`."""
        view = memoryview(bytes(data))
        while True:
            if self._finished:
                raise StreamError("the connection is closed")
            if self._left:
                raise StreamError("the connection broke: closed by the other end")
            if not view:
                return
            room = self._window - self._used
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            size = min(room, self._group, len(view))
            passing = self._link.passing(size)
            segment = bytes(view[: min(size, passing or SEGMENT)])
            view = view[len(segment) :]
            self.sent += len(segment)
            self.flying += len(segment)
            self._used += len(segment)
            self._dispatch(segment, self._link.book(len(segment)), lost=not passing)
            backlog = self._link.backlog()
            if backlog > _AHEAD:
                # Until half is left: whoever slept for each segment would wake twice as often.
                await self._clock.sleep(backlog - _AHEAD / 2)

    def finish(self, error: StreamError | None) -> None:
        """The sender has sent its last; the receiver learns it after the data."""
        if not self._finished:
            self._finished = True
            self._room.set()
            self._dispatch(error, max(0.0, self._link.backlog()))

    def leave(self) -> None:
        """The receiver does not want any more. What is on the way still crosses."""
        if not self._left:
            self._left = True
            self._never_read = self.flying + self.inbox.size
        self.inbox.abandon(StreamError("the connection is closed"))
        self._room.set()

    def _dispatch(self, item: Sent, delay: float, *, lost: bool = False) -> None:
        """`delay`: seconds until it leaves. Nothing is `lost` here (see `LossyPipe`)."""
        self._on_the_way.append(item)
        self._link.after(delay, self._arrive)

    def _arrive(self) -> None:
        """The next item is there: timers count arrivals, the queue keeps their order."""
        self._take(self._on_the_way.popleft())

    def _take(self, item: Sent) -> None:
        if isinstance(item, bytes):
            self.flying -= len(item)
            self._arrived += len(item)
            self.inbox.put(item)
        else:
            self.inbox.end(item)

    def _was_read(self) -> None:
        read = self._arrived - self.inbox.size
        news = read - self._told
        if self.inbox.size and news < self._worth_telling:
            return
        self._told = read
        if self._news_travel:
            self._back.after(0.0, partial(self._free, news))
        else:
            self._free(news)

    def _free(self, size: int) -> None:
        """The sender learns of `size` more bytes of room."""
        self._used -= size
        if self._used < self._window:
            self._room.set()
