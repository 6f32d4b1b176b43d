"""Curves keep ends and peaks when they are thinned; a spread says how far figures may be off."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from atwin.fleet.server.curves import SHARES, Figures, buckets, completion, spread_of
from atwin.fleet.server.run import ServerRun
from atwin.fleet.server.serving import serve
from support.fleet.made import attempt, campaign, row, span


def test_a_completion_curve_is_thinned_evenly() -> None:
    run = ServerRun(10_000, ended=[(float(n), n % 10 != 0) for n in range(10_000)])
    curve = completion(run, 100)
    assert (curve[0], curve[-1], len(curve) <= 100) == ((0, 0), (9999, 0.9), True)
    for (at, share), (later, more) in pairwise(curve):
        assert at < later
        assert 0 < more - share < 0.0101
    assert all(
        share == sum(n % 10 != 0 for n in range(int(at) + 1)) / 10_000 for at, share in curve[1:]
    )


@pytest.mark.parametrize(("ended", "curve"), [([], [(0, 0)]), ([(5, True)], [(0, 0), (5, 0.5)])])
def test_a_short_curve_is_whole(ended: list[tuple[float, bool]], curve: object) -> None:
    assert completion(ServerRun(2, ended=ended)) == curve


def test_a_share_is_done_with_the_device_that_makes_it_full() -> None:
    run = ServerRun(4, ended=[(1, True), (2, False), (3, True)])
    assert [run.done_by(share) for share in (0.1, 0.25, 0.26, 0.5, 0.51)] == [1, 1, 3, 3, None]


def test_buckets_keep_mean_and_peak() -> None:
    found = buckets([0, 0, 6, 2, 5, 1, 9], most=3)
    assert (found.seconds, found.mean, found.peak) == (3, [2, 8 / 3, 9], [6, 5, 9])
    assert buckets([1, 2]).mean == [1, 2]
    assert buckets([]).peak == []


def figures(done: float | None, peak: float) -> Figures:
    return Figures((done,) * len(SHARES), peak, 1, 1, 0, 0)


def test_an_interval_is_that_of_student() -> None:
    """Ten replicates, 10 to 19: s = 3.0277, t(9) = 2.262."""
    made = spread_of([figures(100, 14), *(figures(100, n) for n in range(10, 20))])
    peak = made.peak_connections
    assert (peak.value, peak.low, peak.high) == pytest.approx(
        (14, 14 - 6.848, 14 + 6.848), abs=0.02
    )
    assert made.done_by[0.5] is not None
    assert (made.done_by[0.5].low, made.done_by[0.5].high, made.runs) == (100, 100, 11)
    assert made.refused.low == 0


def test_a_share_that_one_run_does_not_reach_has_no_time() -> None:
    made = spread_of([figures(1, 1), figures(2, 1), figures(None, 1)])
    assert made.done_by == dict.fromkeys(SHARES)
    told = json.loads(json.dumps(made.as_dict()))
    assert told["done_by"] == dict.fromkeys(f"{share:g}" for share in SHARES)


def test_a_spread_of_a_campaign() -> None:
    """Half of the rows are slow, so half of the time is chance; with all rows only arrivals are."""
    rows = [row(attempt(span(0, 10 + 90 * (n % 2), down=100)), device=n) for n in range(10)]
    plan = campaign(200, arrival={"curve": "even", "over": 100})
    drawn = spread_of([Figures.of(serve(plan, rows, replicate=n)) for n in range(6)])
    half = drawn.done_by[0.5]
    assert half is not None
    assert half.low < half.value < half.high
    assert half.value == serve(plan, rows).done_by(0.5)
    still = spread_of([Figures.of(serve(campaign(10), rows, replicate=n)) for n in range(4)])
    assert still.peak_connections.low == still.peak_connections.high == 10
