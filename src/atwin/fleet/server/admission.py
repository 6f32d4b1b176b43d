"""Connections: who is let in, who waits in the backlog, who is refused."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from atwin.fleet.server.demand import PARTS

if TYPE_CHECKING:
    from simpy import Environment, Event


class Admission:
    """So many `connections` at once, or None; beyond them `backlog` newcomers wait in line.

    Who is in contact and needs more than before gives back what it has, and waits at the front of
    the line: it is never refused.
    """

    def __init__(self, env: Environment, connections: int | None, backlog: int) -> None:
        self._env, self._backlog = env, backlog
        self._limited = connections is not None
        self._free = (connections or 0) * PARTS
        self._back: deque[tuple[int, Event]] = deque()
        self._new: deque[tuple[int, Event]] = deque()
        #: Seconds in which somebody waited, and since when somebody does.
        self.full = 0.0
        self._full_since = 0.0

    def claim(self, parts: int, held: int) -> Event | None:
        """Have `parts` instead of `held`: at once, or when the event comes.

        Raises `RefusedError` for a newcomer, who holds nothing, if the backlog is full.
        """
        if not self._limited:
            return None
        more = parts - held
        line = bool(self._back) if held else bool(self._back or self._new)
        if more <= 0 or (more <= self._free and not line):
            self._give(-more)
            return None
        if not held and len(self._new) >= self._backlog:
            raise RefusedError
        if not (self._back or self._new):
            self._full_since = self._env.now
        turn = self._env.event()
        (self._back if held else self._new).append((parts, turn))
        self._give(held)
        return turn

    def leave(self, held: int) -> None:
        """Give back `held` parts."""
        if self._limited:
            self._give(held)

    def count(self) -> None:
        """Have `full` hold all until now."""
        if self._back or self._new:
            self.full += self._env.now - self._full_since
            self._full_since = self._env.now

    def _give(self, parts: int) -> None:
        self._free += parts
        while line := self._back or self._new:
            wanted, turn = line[0]
            if wanted > self._free:
                return
            self.count()
            line.popleft()
            self._free -= wanted
            turn.succeed()


class RefusedError(Exception):
    """The backlog is full."""
