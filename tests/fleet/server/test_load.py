"""What is asked over any time lands in the seconds it belongs to, and nothing of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.fleet.server.load import ServerLoad


def test_what_is_asked_lands_in_its_seconds() -> None:
    load = ServerLoad()
    load.add(0.5, 3.25, 1, 2, 8)
    load.add(3.25, 3.5, 4, 0, 0)
    load.add(6.0, 7.0, 1, 1, 1)
    assert list(load.connections) == [0.5, 1, 1, 0.25 + 1, 0, 0, 1, 0]
    assert list(load.requests) == [1, 2, 2, 0.5, 0, 0, 1, 0]
    assert list(load.sent) == [4, 8, 8, 2, 0, 0, 1, 0]


_LONG = st.floats(0, 5) | st.integers(0, 5).map(float)
_RATE = st.floats(0, 1e6)


@given(st.lists(st.tuples(_LONG, _LONG, _RATE)))
def test_nothing_is_lost_or_added(stretches: list[tuple[float, float, float]]) -> None:
    load, at, total = ServerLoad(), 0.0, 0.0
    for pause, long, rate in stretches:
        begin, at = at + pause, at + pause + long
        load.add(begin, at, rate, 2 * rate, 3 * rate)
        total += (at - begin) * rate
    assert sum(load.connections) == pytest.approx(total, abs=1e-6)
    assert sum(load.requests) == pytest.approx(2 * total, abs=1e-6)
    assert sum(load.sent) == pytest.approx(3 * total, abs=1e-6)
