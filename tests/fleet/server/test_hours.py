"""Time that counts only while a window of the local day is open."""

from __future__ import annotations

import pytest

from atwin.fleet.campaign.arrival import Window
from atwin.fleet.server.hours import Hours

H, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("window", "now", "seconds", "begin"),
    [
        ((2, 5), 0, 0, 2),
        ((2, 5), 2, 0, 2),
        ((2, 5), 3, 1, 4),
        ((2, 5), 3, 2, 26),  # it closes at 5
        ((2, 5), 5, 0, 26),
        ((2, 5), 0, 7, 2 + 48 + 1),
        ((22, 4), 23, 2, 25),
        ((22, 4), 3, 2, 23),
        ((22, 4), 4, 0, 22),
        ((22, 4), 12, 7, 22 + 24 + 1),
    ],
)
def test_open_hours(window: tuple[int, int], now: int, seconds: int, begin: int) -> None:
    hours = Hours(Window(window[0] * H, window[1] * H), 0)
    assert hours.after(now * H, seconds * H) == begin * H


def test_of_a_zone() -> None:
    """The campaign begins at 20:00 there: 02:00 is 6 hours later."""
    hours = Hours(Window(2 * H, 5 * H), -20 * H)
    assert hours.after(0) == 6 * H
    assert hours.after(7 * H) == 7 * H
    assert hours.after(9 * H) == 6 * H + DAY
