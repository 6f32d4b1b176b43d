"""What a row says of its attempts becomes what a device asks for, and how long it takes alone."""

from __future__ import annotations

import pytest

from atwin.fleet.server.demand import Demand, tries
from support.fleet.made import attempt, row, span


def test_times_rates_and_pauses() -> None:
    one, two = tries(
        row(
            attempt(span(2, 6, requests=2, down=400, connections=0.25), rest=1, cause="line"),
            attempt(span(17, 18), span(18, 19, connections=0, requests=0), span(20, 22), rest=3),
        )
    )
    assert one == (2, (Demand(0, 4, 250, 0.25, 0.5, 100),), 1, False, "line", 2)
    assert (two.wait, two.rest, two.ok) == (10, 3, True)
    # A span in which nothing is asked is a pause.
    assert [(demand.after, demand.seconds) for demand in two.demands] == [(0, 1), (2, 2)]


def test_what_comes_is_claimed_from_the_beginning_of_a_contact() -> None:
    means = [span(n, n + 1, connections=c) for n, c in enumerate((0.2, 1, 0.5, 0.75))]
    (one,) = tries(row(attempt(*means, span(9, 10, connections=0.1))))
    assert [demand.claim for demand in one.demands] == [1000, 1000, 750, 750, 100]
    assert [demand.connections for demand in one.demands] == [0.2, 1, 0.5, 0.75, 0.1]


def test_bytes_that_come_in_no_time_are_not_lost() -> None:
    (one,) = tries(row(attempt(span(0, 1), span(1, 1, down=500), span(1, 3))))
    assert sum(d.sent * d.seconds for d in one.demands) == pytest.approx(500)
    assert sum(d.after + d.seconds for d in one.demands) == pytest.approx(3)


def test_nobody_claims_more_than_the_server_has() -> None:
    (one,) = tries(row(attempt(span(0, 1, connections=1.5))), connections=1)
    assert (one.demands[0].claim, one.demands[0].connections) == (1000, 1.5)
