"""AT+CIPMODE=1: the line is the link, until `+++` between silences (docs/spec/network.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.at.dialect.results import OK
from atwin.at.reply import frame_urc
from atwin.twin.chapters.tcp.link import PACKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.clock.base import Timer
    from atwin.twin.chapters.tcp.incoming import Incoming
    from atwin.twin.chapters.tcp.link import Link
    from atwin.twin.chapters.tcp.settings import TcpSettings
    from atwin.twin.engine.run import Run

#: Seconds of silence before `+++`, at most between two `+`, and of silence after them.
SILENCE_BEFORE, BETWEEN, SILENCE_BEHIND = 1.0, 0.5, 0.5
#: Unit of the wait for more, in seconds.
_TENTH = 0.1
#: Timers may come a hair early or late.
_HAIR = 1e-6

#: Typed bytes that wait for the link at most; beyond it they wait in the UART.
_OUTGOING = 4 * PACKET


class Escape:
    """Finds `+++` with its silences, by when it is typed.

    A `+` at the end that may be part of it is `held`, for half a second at most.
    """

    def __init__(
        self, clock: Clock, released: Callable[[], None], found: Callable[[], None]
    ) -> None:
        """`released` is called when nothing is held any more, `found` when `held` is a `+++`."""
        self._clock = clock
        self._released = released
        self._found = found
        #: How many of the last bytes typed may be an escape.
        self.held = 0
        self._last = clock.now()
        self._timer: Timer | None = None

    def typed(self, data: bytes) -> None:
        """`data`, not empty, was typed now."""
        silent = self._clock.now() - self._last >= SILENCE_BEFORE - _HAIR
        self._last = self._clock.now()
        self._stop_timer()
        may_be = (self.held or silent) and self.held + len(data) <= 3
        if may_be and data == b"+" * len(data):
            self.held += len(data)
            whole = self.held == 3
            self._timer = self._clock.call_later(
                SILENCE_BEHIND if whole else BETWEEN, self._found if whole else self._let_go
            )
        else:
            self.held = 0

    def forget(self) -> None:
        """The line is somebody else's now, or bytes of it got lost."""
        self.held = 0
        self._stop_timer()

    def _let_go(self) -> None:
        self.held = 0
        self._released()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Transparent:
    """The passage from the line to one link, entered and left any number of times."""

    def __init__(
        self,
        run: Run,
        link: Link,
        incoming: Incoming,
        settings: TcpSettings,
        unsent: bytes,
        hang_up: Callable[[Link], None],
    ) -> None:
        """`unsent`: what the last link left, see AT+CIPCCFG. `hang_up` ends this one."""
        self._run = run
        self._settings = settings
        self._hang_up = hang_up
        self._clock = run.hardware.clock
        self._line = run.line
        self._link = link
        self._incoming = incoming
        self._escape: Escape | None = None
        self._seen = 0  # bytes in the UART whose time is known
        self._escaped = False
        self._outgoing = bytearray(unsent)
        self._news = asyncio.Event()
        self._sender = run.spawn(self._send())

    def begin(self) -> None:
        """CONNECT has been said, or is being."""
        self._incoming.online = True
        self._escape = Escape(self._clock, self._line.resume, self._found)
        self._seen, self._escaped = 0, False
        self._run.hardware.modem_lines.on_dtr.append(self._dtr_moved)
        self._line.hand_over(self)
        self._link.mode_changed()

    def end(self) -> bytes:
        """The link is gone; gives what it is to leave to the next one."""
        self._sender.cancel()
        self._give_back()
        return b"" if self._settings.drops_unsent else bytes(self._outgoing)

    def typed(self, rx: bytearray) -> None:
        """Take what was typed.

        What the link cannot take waits in the UART; whether it is an escape is settled when it
        comes.
        """
        escape = self._escape
        if escape is None:
            return
        if len(rx) < self._seen:  # the UART had no room for the last ones
            escape.forget()
            self._escaped = False
        if self._escaped:
            self._take(rx, self._seen - escape.held)
            del rx[: escape.held]
            self._leave()
            return
        if len(rx) > self._seen:
            escape.typed(bytes(rx[self._seen :]))
        room = max(0, _OUTGOING - len(self._outgoing))
        self._take(rx, min(len(rx) - escape.held, room))
        self._seen = len(rx)

    def _take(self, rx: bytearray, size: int) -> None:
        if size:
            self._outgoing += rx[:size]
            del rx[:size]
            self._news.set()

    def _found(self) -> None:
        self._escaped = True
        self._line.resume()

    def _leave(self) -> None:
        """`+++` or DTR: the link stays, and what it receives waits for ATO."""
        self._line.in_gap(lambda: frame_urc(OK))
        self._give_back()

    def _dtr_moved(self, high: bool) -> None:
        """DTR goes off, which AT&D gives a meaning; what was typed before is for the link."""
        mode = self._run.settings.dtr
        if high and mode:
            rx = self._run.hardware.uart.rx
            self._take(rx, len(rx))
            if mode == 1:
                self._leave()
            else:
                self._hang_up(self._link)

    def _give_back(self) -> None:
        if self._incoming.online:
            self._incoming.online = False
            if self._dtr_moved in (calls := self._run.hardware.modem_lines.on_dtr):
                calls.remove(self._dtr_moved)
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
        """A full packet, or what there is when a while has gone by without more."""
        size = self._settings.packet
        while len(self._outgoing) < size:
            self._news.clear()
            wait = self._settings.wait * _TENTH if self._outgoing else None
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                break
        packet = bytes(self._outgoing[:size])
        del self._outgoing[:size]
        return packet
