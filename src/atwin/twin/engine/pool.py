"""The pool of connections: eight in all, whoever opens them (docs/spec/network.md §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.trace import NO_TRACE

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.trace import Trace

#: HTTP, CIPSTART links, MQTT and FTP together.
LIMIT = 8


class ConnectionPool:
    """Counts connections from the start of connecting until they are fully closed."""

    def __init__(self, clock: Clock, linger: float = 0.0, trace: Trace = NO_TRACE) -> None:
        """`linger`: seconds a closed connection still holds its slot."""
        self._clock = clock
        self._linger = linger
        self._trace = trace
        self.used = 0

    def take(self) -> Slot | None:
        """A slot, or None when there is no free one."""
        if self.used >= LIMIT:
            self._trace.notes("net", "no slot is free", open=self.used)
            return None
        self.used += 1
        self._trace.notes("net", "slot taken", open=self.used)
        return Slot(self)

    def _give_back(self, *, lingers: bool) -> None:
        if lingers and self._linger > 0:
            self._clock.call_later(self._linger, self._free)
        else:
            self._free()

    def _free(self) -> None:
        self.used -= 1
        self._trace.notes("net", "slot free", open=self.used)


class Slot:
    """One connection's place in the pool."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool: ConnectionPool | None = pool

    def release(self, *, lingers: bool = True) -> None:
        """The connection is closed; harmless when called twice.

        `lingers`: it was a TCP connection, whose slot is free only after the pool's `linger`.
        """
        if self._pool is not None:
            self._pool._give_back(lingers=lingers)
            self._pool = None
