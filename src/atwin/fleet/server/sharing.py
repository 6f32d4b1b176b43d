"""Bytes and requests a second that those in contact share: the fluid model of processor sharing.

While they ask for no more than there is, each goes at the speed it has alone. While they ask for
more, all who need what is scarce go slower by one factor, capacity through demand. Then a stretch
of contact ends when the *progress* of its kind, the integral of the factor over time, has grown by
the seconds it takes alone. So one heap of ends serves all of a kind, and an event costs no more
with many in contact than with few.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simpy import Environment, Event

    from atwin.fleet.server.demand import Demand
    from atwin.fleet.server.load import ServerLoad

#: Seconds of progress. What is less than that is over: floats hold no finer time.
_NOTHING = 1e-7


class Sharers:
    """Those in contact who need the same of what is limited: they all go at one speed."""

    __slots__ = ("_number", "_progress", "_since", "factor", "inside", "requests", "sent")

    def __init__(self) -> None:
        #: 1, or less while what they need is scarce.
        self.factor = 1.0
        #: What they ask for, a second.
        self.requests = 0.0
        self.sent = 0.0
        #: Progress, number, what ends then, who is told: a heap.
        self.inside: list[tuple[float, int, Demand, Event]] = []
        self._number = count()
        # Progress was `_progress` at `_since`, and goes by the factor from there.
        self._progress = self._since = 0.0

    def join(self, demand: Demand, done: Event, now: float) -> None:
        """Begin with it."""
        heappush(
            self.inside, (self._reached(now) + demand.seconds, next(self._number), demand, done)
        )
        self.requests += demand.requests
        self.sent += demand.sent

    def go(self, factor: float, now: float) -> None:
        """At that speed from now on."""
        self._progress, self._since = self._reached(now), now
        self.factor = factor

    def due(self) -> float:
        """When the next one is through, if nothing changes; somebody is inside."""
        return self._since + (self.inside[0][0] - self._progress) / self.factor

    def leaving(self, now: float) -> Iterator[tuple[Demand, Event]]:
        """Those who are through."""
        over, ends = self._reached(now) + _NOTHING, self.inside
        while ends and ends[0][0] <= over:
            _, _, demand, done = heappop(ends)
            self.requests -= demand.requests
            self.sent -= demand.sent
            yield demand, done
        if not ends:
            # No rest of a sum of floats stays.
            self.requests = self.sent = 0.0

    def _reached(self, now: float) -> float:
        return self._progress + (now - self._since) * self.factor


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
        self._requests = math.inf if requests is None else requests
        #: The least speed there was.
        self.slowest = 1.0
        #: Seconds in which anybody was in contact, and those of them with somebody slower.
        self.busy = 0.0
        self.saturated = 0.0
        # All in contact; those of them who need nothing that is limited; and the others.
        self._inside = 0
        self._connections = 0.0
        self._free_requests = self._free_sent = 0.0
        self._bytes, self._asking, self._both = Sharers(), Sharers(), Sharers()
        self._sharers = (self._bytes, self._asking, self._both)
        self._counted = env.now
        self._alarm: Event | None = None
        self._alarm_at = math.inf

    def serve(self, demand: Demand) -> Event:
        """Begin with it now. The event comes when it has got all it takes."""
        self.count()
        self._inside += 1
        self._connections += demand.connections
        group = self._sharers_of(demand)
        if group is None:
            self._free_requests += demand.requests
            self._free_sent += demand.sent
            done: Event = self._env.timeout(demand.seconds, demand)
            done.callbacks.append(self._free_left)
            return done
        done = self._env.event()
        group.join(demand, done, self._env.now)
        self._pace()
        return done

    def count(self) -> None:
        """Have the load hold all until now."""
        now = self._env.now
        seconds = now - self._counted
        if seconds <= 0:
            return
        if self._inside:
            requests, sent, slow = self._free_requests, self._free_sent, False
            for group in self._sharers:
                if group.inside:
                    requests += group.requests * group.factor
                    sent += group.sent * group.factor
                    slow |= group.factor < 1
            self._load.add(self._counted, now, self._connections, requests, sent)
            self.busy += seconds
            self.saturated += seconds * slow
        self._counted = now

    def _sharers_of(self, demand: Demand) -> Sharers | None:
        """Whose speed it has; None for its own."""
        sends = demand.sent > 0 and self._bandwidth < math.inf
        if demand.requests > 0 and self._requests < math.inf:
            return self._both if sends else self._asking
        return self._bytes if sends else None

    def _free_left(self, done: Event) -> None:
        self.count()
        demand: Any = done.value
        self._free_requests -= demand.requests
        self._free_sent -= demand.sent
        self._left(demand)

    def _left(self, demand: Demand) -> None:
        self._inside -= 1
        self._connections -= demand.connections
        if not self._inside:
            # No rest of a sum of floats stays.
            self._connections = self._free_requests = self._free_sent = 0.0

    def _pace(self) -> None:
        """Go as fast as there is for all, and be woken when the next one is through."""
        now, due = self._env.now, math.inf
        for group, factor in zip(self._sharers, self._factors(), strict=True):
            if group.inside:
                if factor != group.factor:
                    group.go(factor, now)
                due = min(due, group.due())
        # An alarm that is early looks again; one that would be late is replaced.
        if due < self._alarm_at:
            self._alarm = self._env.timeout(max(0.0, due - now))
            self._alarm.callbacks.append(self._woken)
            self._alarm_at = due

    def _factors(self) -> tuple[float, float, float]:
        """How fast those can go who need bytes, requests, and both.

        What the last ones cannot use of the one, as the other is scarcer, the others have.
        """
        sent, asked = self._bytes.sent, self._asking.requests
        sent_too, asked_too = self._both.sent, self._both.requests
        by_bytes = by_requests = 1.0
        if sent + sent_too > self._bandwidth:
            by_bytes = self._bandwidth / (sent + sent_too)
        if asked + asked_too > self._requests:
            by_requests = self._requests / (asked + asked_too)
        both = min(by_bytes, by_requests)
        if both == 1:
            return 1.0, 1.0, 1.0
        self.slowest = min(self.slowest, both)
        if sent and both < by_bytes < 1:
            by_bytes = min(1.0, (self._bandwidth - sent_too * both) / sent)
        if asked and both < by_requests < 1:
            by_requests = min(1.0, (self._requests - asked_too * both) / asked)
        return by_bytes, by_requests, both

    def _woken(self, alarm: Event) -> None:
        if alarm is not self._alarm:
            return
        self._alarm, self._alarm_at = None, math.inf
        self.count()
        now = self._env.now
        for group in self._sharers:
            if group.inside:
                for demand, done in group.leaving(now):
                    self._left(demand)
                    done.succeed()
        self._pace()
