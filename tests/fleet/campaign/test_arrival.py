"""When devices arrive, and when they may begin."""

from __future__ import annotations

from typing import Any

import pytest

from atwin.fleet.campaign.arrival import DAY, Window
from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.campaign.keys import CampaignError


def plan(arrival: dict[str, Any]) -> Campaign:
    table = {
        "devices": 1,
        "download": {"size": 1},
        "model": [{"model": "air780e-at"}],
        "arrival": arrival,
    }
    return Campaign.from_table("plan", table)


@pytest.mark.parametrize(
    ("arrival", "moments"),
    [
        ({"curve": "at once"}, (0, 0, 0)),
        ({"over": "2 h"}, (0, 3600, 7200)),
        # Half of the exponential with a mean of 1 h, cut after 3 h.
        ({"curve": "falling", "over": "3 h"}, (0, 2320.4, 10_800)),
        ({"curve": [[0, 0], [600, 0.5], [3600, 1]]}, (0, 600, 3600)),
        ({"curve": [[60, 0], [100, 1]]}, (60, 80, 100)),
        ({"curve": [[0, 0.5], [100, 0.5], [200, 1]]}, (0, 0, 200)),
        ({"curve": [[50, 1]]}, (50, 50, 50)),
    ],
)
def test_when_a_share_has_arrived(arrival: dict[str, Any], moments: tuple[float, ...]) -> None:
    got = [plan(arrival).arrival.moment(share) for share in (0, 0.5, 1)]
    assert got == pytest.approx(moments, abs=0.1)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("02:00-05:00", Window(2 * 3600, 5 * 3600)),
        ("22:30-04:00", Window(22 * 3600 + 1800, 4 * 3600)),
        ("12:00-24:00", Window(12 * 3600, DAY)),
        ("00:00-24:00", None),
        ("24:00-02:00", None),
        ("12:00-24:01", None),
    ],
)
def test_a_window_is_a_part_of_the_day(text: str, window: Window | None) -> None:
    if window is None:
        with pytest.raises(CampaignError, match="window is"):
            plan({"window": text})
    else:
        assert plan({"window": text}).arrival.window == window
