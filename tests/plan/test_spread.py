"""Figures of a mixture: each disturbed download stands for its part of the share."""

from __future__ import annotations

import pytest

from atwin.net.meter.bill import Count
from atwin.plan.paper import Forecast, Times
from atwin.plan.simulated import Played
from atwin.plan.spread import Mixture


def played(seconds: float, exit_code: int = 0) -> Played:
    forecast = Forecast("whole", 9, Times(body=seconds), Count(), 2, 2, 0.0)
    return Played(0, forecast, exit_code)


def test_spread() -> None:
    disturbed = [played(10 * number, exit_code=3 * (number == 4)) for number in range(1, 5)]
    few = Mixture(played(1), disturbed, 0.4)
    assert few.failed == pytest.approx(0.1)
    spread = few.spread(lambda one: one.seconds)
    assert spread.mean == pytest.approx(0.6 * 1 + 0.1 * 100)
    assert (spread.median, spread.p95) == (1, 40)
    most = Mixture(played(1), disturbed, 0.9)
    assert most.spread(lambda one: one.seconds).median == 20
    spread = Mixture(played(1), disturbed, 1.0).spread(lambda one: one.seconds)
    assert spread.mean == pytest.approx(25)
    assert (spread.median, spread.p95) == (20, 40)
