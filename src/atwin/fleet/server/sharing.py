"""Bytes and requests a second that all in contact share: the fluid model of processor sharing.

While they ask for no more than there is, each goes at the speed it has alone. While they ask for
more, all go slower by one factor, capacity through demand. Then a stretch of contact ends when the
*progress*, the integral of that factor over time, has grown by the seconds it takes alone. So one
heap of ends serves all, and an event costs no more with many in contact than with few.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simpy import Environment, Event

    from atwin.fleet.server.demand import Demand
    from atwin.fleet.server.load import ServerLoad

#: Seconds of progress. What is less than that is over: floats hold no finer time.
_NOTHING = 1e-7


class Sharing:
    """Those in contact, and how fast they go; what they get is added to `load`.

    `bandwidth` (bytes a second that the server sends) and `requests` a second, or None.
    """

    def __init__(
        self,
        env: Environment,
        load: ServerLoad,
        bandwidth: float | None = None,
        requests: float | None = None,
    ) -> None:
        self._env, self._load = env, load
        self._bandwidth = math.inf if bandwidth is None else bandwidth
        self._requests_limit = math.inf if requests is None else requests
        #: 1, or less while more is asked than there is; and the least there was.
        self.factor = 1.0
        self.slowest = 1.0
        #: Seconds in which anybody was in contact, and those of them with a factor below 1.
        self.busy = 0.0
        self.saturated = 0.0
        # What all in contact ask for, a second.
        self._connections = self._requests = self._sent = 0.0
        # Progress, number, what ends then, who is told.
        self._ends: list[tuple[float, int, Demand, Event]] = []
        self._number = count()
        # Progress was `_progress` at `_since`, and goes by the factor from there; what is before
        # `_counted` is in the load.
        self._progress = self._since = self._counted = env.now
        self._alarm: Event | None = None
        self._alarm_at = math.inf

    def serve(self, demand: Demand) -> Event:
        """Begin with it now. The event comes when it has got all it takes."""
        self.count()
        done = self._env.event()
        end = self._progress_now() + demand.seconds
        heappush(self._ends, (end, next(self._number), demand, done))
        self._connections += demand.connections
        self._requests += demand.requests
        self._sent += demand.sent
        self._pace()
        return done

    def count(self) -> None:
        """Have the load hold all until now."""
        now = self._env.now
        seconds = now - self._counted
        if seconds <= 0:
            return
        factor = self.factor
        if self._ends:
            self._load.add(
                self._counted,
                now,
                self._connections,
                self._requests * factor,
                self._sent * factor,
            )
            self.busy += seconds
            if factor < 1:
                self.saturated += seconds
        self._counted = now

    def _progress_now(self) -> float:
        return self._progress + (self._env.now - self._since) * self.factor

    def _pace(self) -> None:
        """Go as fast as there is for all, and be woken when the next one is through."""
        if not self._ends:
            # No rest of a sum of floats stays.
            self._connections = self._requests = self._sent = 0.0
        factor = 1.0
        if self._sent > self._bandwidth:
            factor = self._bandwidth / self._sent
        if self._requests * factor > self._requests_limit:
            factor = self._requests_limit / self._requests
        if factor != self.factor:
            self._progress, self._since = self._progress_now(), self._env.now
            self.factor = factor
            self.slowest = min(self.slowest, factor)
        if self._ends:
            due = self._since + (self._ends[0][0] - self._progress) / factor
            # An alarm that is early looks again; one that would be late is replaced.
            if due < self._alarm_at:
                self._alarm = self._env.timeout(max(0.0, due - self._env.now))
                self._alarm.callbacks.append(self._woken)
                self._alarm_at = due

    def _woken(self, alarm: Event) -> None:
        if alarm is not self._alarm:
            return
        self._alarm, self._alarm_at = None, math.inf
        self.count()
        over = self._progress_now() + _NOTHING
        ends = self._ends
        while ends and ends[0][0] <= over:
            _, _, demand, done = heappop(ends)
            self._connections -= demand.connections
            self._requests -= demand.requests
            self._sent -= demand.sent
            done.succeed()
        self._pace()
