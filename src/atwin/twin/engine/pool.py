"""The pool of connections: eight in all, whoever opens them (docs/spec/network.md §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.network import passed
from atwin.trace import NO_TRACE

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.net.network import Stream
    from atwin.trace import Trace

#: HTTP, CIPSTART links, MQTT and FTP together.
LIMIT = 8


class ConnectionPool:
    """Keeps a place for each connection from the start of connecting until it is fully closed."""

    def __init__(self, clock: Clock, linger: float = 0.0, trace: Trace = NO_TRACE) -> None:
        """`linger`: seconds a closed connection still holds its slot."""
        self._clock = clock
        self._linger = linger
        self._trace = trace
        #: Who has each place; to be read only.
        self.slots: list[Slot | None] = [None] * LIMIT

    @property
    def used(self) -> int:
        """How many are taken."""
        return LIMIT - self.slots.count(None)

    def take(self, use: str, peer: str | None = None, link: int | None = None) -> Slot | None:
        """A slot, or None when there is no free one; see `Slot` for what is said of it."""
        if None not in self.slots:
            self._trace.notes("net", "no slot is free", open=LIMIT)
            return None
        slot = Slot(self, use, peer, link)
        self.slots[self.slots.index(None)] = slot
        self._trace.notes("net", "slot taken", open=self.used)
        return slot

    def _give_back(self, slot: Slot, *, lingers: bool) -> None:
        if lingers and self._linger > 0:
            self._clock.call_later(self._linger, lambda: self._free(slot))
        else:
            self._free(slot)

    def _free(self, slot: Slot) -> None:
        self.slots[self.slots.index(slot)] = None
        self._trace.notes("net", "slot free", open=self.used)


class Slot:
    """One connection's place in the pool, and what somebody who looks can know of it.

    `use` is what it is for, `peer` its HOST:PORT, `link` its number among those of CIPSTART.
    """

    __slots__ = ("_pool", "_stream", "link", "peer", "state", "tls", "use")

    def __init__(
        self, pool: ConnectionPool, use: str, peer: str | None = None, link: int | None = None
    ) -> None:
        self.use = use
        self.peer = peer
        self.link = link
        #: connecting, open, closing.
        self.state = "connecting"
        self.tls = False
        self._stream: Stream | None = None
        self._pool: ConnectionPool | None = pool

    @property
    def passed(self) -> tuple[int, int]:
        """Bytes sent and received, as they go over the network."""
        return (0, 0) if self._stream is None else passed(self._stream)

    def carries(self, stream: Stream) -> Stream:
        """That is the connection, without TLS over it."""
        self._stream = stream
        return stream

    def opened(self, *, tls: bool = False) -> None:
        """It can be used, with TLS over it or without."""
        self.state, self.tls = "open", tls

    def release(self, *, lingers: bool = True) -> None:
        """The connection is closed; harmless when called twice.

        `lingers`: it was a TCP connection, whose slot is free only after the pool's `linger`.
        """
        if self._pool is not None:
            pool, self._pool = self._pool, None
            self.state = "closing"
            pool._give_back(self, lingers=lingers)
