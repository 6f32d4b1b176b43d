"""AT+CIPMODE=1: the line is the link, until `+++` between silences (spec: network.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.at.reply import OK
from atwin.twin.sockets.link import PACKET

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from atwin.clock import Clock
    from atwin.clock.base import Timer
    from atwin.twin.sockets.incoming import Incoming
    from atwin.twin.sockets.line import Line
    from atwin.twin.sockets.link import Link

#: Seconds of silence in front of `+++`, at most between two `+`, and of silence behind them.
SILENCE_BEFORE, BETWEEN, SILENCE_BEHIND = 1.0, 0.5, 0.5
#: Timers may come a hair early or late.
_HAIR = 1e-6

#: Typed bytes that wait for the link at most; beyond it they wait in the UART.
_OUTGOING = 4 * PACKET


class Escape:
    """Finds `+++` with its silences; everything else is data.

    A `+` that may be part of it is held back for half a second at most.
    """

    def __init__(
        self, clock: Clock, data: Callable[[bytes], None], found: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._data = data
        self._found = found
        self._held = 0
        self._last = clock.now()
        self._timer: Timer | None = None

    def typed(self, data: bytes) -> None:
        """`data`, not empty, was typed now."""
        silent = self._clock.now() - self._last >= SILENCE_BEFORE - _HAIR
        self._last = self._clock.now()
        self._stop_timer()
        may_be = (self._held or silent) and self._held + len(data) <= 3
        if may_be and data == b"+" * len(data):
            self._held += len(data)
            whole = self._held == 3
            self._timer = self._clock.call_later(
                SILENCE_BEHIND if whole else BETWEEN, self._is_escape if whole else self._is_data
            )
        else:
            self._is_data()
            self._data(data)

    def forget(self) -> None:
        """The line is somebody else's now."""
        self._held = 0
        self._stop_timer()

    def _is_escape(self) -> None:
        self.forget()
        self._found()

    def _is_data(self) -> None:
        held, self._held = self._held, 0
        if held:
            self._data(b"+" * held)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Transparent:
    """The passage from the line to one link, entered and left any number of times."""

    def __init__(
        self,
        clock: Clock,
        line: Line,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        link: Link,
        incoming: Incoming,
    ) -> None:
        self._clock = clock
        self._line = line
        self._link = link
        self._incoming = incoming
        self._escape: Escape | None = None
        self._outgoing = bytearray()
        self._news = asyncio.Event()
        self._sender = spawn(self._send())

    def begin(self) -> None:
        """CONNECT has been said, or is being."""
        self._incoming.online = True
        self._escape = Escape(self._clock, self._take, self._leave)
        self._line.hand_over(self)
        self._link.mode_changed()

    def end(self) -> None:
        """The link is gone."""
        self._sender.cancel()
        self._give_back()

    def typed(self, rx: bytearray) -> None:
        """See `Passage.typed`."""
        taken = bytes(rx[: max(0, _OUTGOING - len(self._outgoing))])
        if taken and self._escape is not None:
            del rx[: len(taken)]
            self._escape.typed(taken)

    def _take(self, data: bytes) -> None:
        self._outgoing += data
        self._news.set()

    def _leave(self) -> None:
        """`+++`: the link stays, and what it receives waits for ATO."""
        self._line.urc(OK)
        self._give_back()

    def _give_back(self) -> None:
        if self._incoming.online:
            self._incoming.online = False
            if self._escape is not None:
                self._escape.forget()
            self._line.take_back()

    async def _send(self) -> None:
        """What was typed, until the link fails: its end is said by who serves it."""
        try:
            while await self._link.send(self._clock, await self._next()):
                if self._incoming.online:
                    self._line.resume()
        finally:
            if self._escape is not None:
                self._escape.forget()

    async def _next(self) -> bytes:
        while not self._outgoing:
            self._news.clear()
            await self._news.wait()
        packet = bytes(self._outgoing[:PACKET])
        del self._outgoing[:PACKET]
        return packet
