"""What a device will ask of the server, made of the row that says what it asked when alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from atwin.fleet.device.row import Attempt, Row

#: Connections are claimed in whole parts of one, so that what is given back is what was taken.
PARTS = 1000
#: Seconds. What a span asks takes at least so long; a shorter pause does not count.
SHORTEST = 0.001


class Demand(NamedTuple):
    """A stretch of an attempt in contact with the server.

    `after` so many seconds without contact it takes `seconds`, with `connections` open in the
    mean, and `requests` and `sent` bytes a second. `claim` is what it has of the connections, in
    `PARTS` of one: the most of its own mean and those that follow it without a pause. So a claim
    only shrinks while contact lasts, and whoever has been let in never waits again in it.
    """

    after: float
    seconds: float
    claim: int
    connections: float
    requests: float
    sent: float


class Try(NamedTuple):
    """An attempt: it begins `wait` seconds after the one before, and ends `rest` after its last
    contact. `ok` and `cause` are its end where the server is not loaded; `request` is the mean
    time of one request, in seconds.
    """

    wait: float
    demands: tuple[Demand, ...]
    rest: float
    ok: bool
    cause: str
    request: float


def tries(row: Row, connections: int | None = None) -> tuple[Try, ...]:
    """The attempts of a row; a crash may have none.

    Nobody claims more than `connections`: a server with fewer would never let it in.
    """
    most = math.inf if connections is None else connections
    made: list[Try] = []
    at = 0.0
    for number, attempt in enumerate(row.attempts, 1):
        end = attempt.began + attempt.seconds
        if number == len(row.attempts):
            end = max(end, row.seconds)
        wait = max(0.0, attempt.began - at)
        demands, at = _demands(attempt, most, at + wait)
        rest = max(0.0, end - at)
        asked = sum(demand.requests * demand.seconds for demand in demands)
        took = sum(demand.seconds for demand in demands)
        made.append(Try(wait, demands, rest, attempt.ok, attempt.cause, took / max(asked, 1.0)))
        at += rest
    return tuple(made)


def _demands(attempt: Attempt, most: float, at: float) -> tuple[tuple[Demand, ...], float]:
    """And when the last one ends."""
    demands: list[Demand] = []
    for span in attempt.load:
        if not span.connections and not span.requests and not span.down:
            continue
        begin = span.begin if span.begin - at >= SHORTEST else at
        seconds = max(span.end - begin, SHORTEST)
        demands.append(
            Demand(
                begin - at,
                seconds,
                round(min(span.connections, most) * PARTS),
                span.connections * (span.end - span.begin) / seconds,
                span.requests / seconds,
                span.down / seconds,
            )
        )
        at = begin + seconds
    for place in range(len(demands) - 2, -1, -1):
        this, following = demands[place : place + 2]
        if not following.after and following.claim > this.claim:
            demands[place] = this._replace(claim=following.claim)
    return tuple(demands), at
