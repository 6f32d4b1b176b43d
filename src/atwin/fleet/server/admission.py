"""Connections: who is let in, who waits in the backlog, who is refused."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from atwin.fleet.server.demand import PARTS

if TYPE_CHECKING:
    from simpy import Environment, Event


class Admission:
    """At most `connections` at once, if not None; beyond them `backlog` devices wait in line."""

    def __init__(self, env: Environment, connections: int | None, backlog: int) -> None:
        self._env, self._backlog = env, backlog
        self._limited = connections is not None
        self._free = (connections or 0) * PARTS
        self._line: deque[tuple[int, Event]] = deque()
        #: Seconds in which somebody waited, up to `_counted`.
        self.full = 0.0
        self._counted = 0.0

    def enter(self, parts: int) -> Event | None:
        """Have `parts` of the connections: at once, or when the event comes.

        Raises `RefusedError` if the backlog is full.
        """
        if not self._limited:
            return None
        if parts <= self._free and not self._line:
            self._free -= parts
            return None
        if len(self._line) >= self._backlog:
            raise RefusedError
        self.count()
        turn = self._env.event()
        self._line.append((parts, turn))
        return turn

    def leave(self, parts: int) -> None:
        """Give back that many of them; the first in line comes in when there are enough."""
        if not self._limited:
            return
        self._free += parts
        self.count()
        while self._line and self._line[0][0] <= self._free:
            wanted, turn = self._line.popleft()
            self._free -= wanted
            turn.succeed()

    def count(self) -> None:
        """Have `full` hold all until now."""
        if self._line:
            self.full += self._env.now - self._counted
        self._counted = self._env.now


class RefusedError(Exception):
    """The backlog is full."""
