"""A run says where the model is stretched: what is slow or waits has time-outs of its own."""

from __future__ import annotations

from typing import Any

import pytest

from atwin.fleet.server.serving import serve
from support.fleet.made import attempt, campaign, row, span

#: One request of 100 s, 10,000 bytes.
LONG = row(attempt(span(0, 100, down=10_000)))


@pytest.mark.parametrize(
    ("devices", "server", "told"),
    [
        (4, {}, []),
        (4, {"bandwidth": 400, "connections": 4, "requests": 1}, []),
        (
            2,
            {"bandwidth": 190},
            ["the server had too few bytes or requests a second for 100% of the time; devices went "
             "down to 95% of their speed: their own time-outs, which were found without load, "
             "are no longer right"],
        ),
        (
            2,
            {"bandwidth": 100},
            ["to 50% of", "in 2 attempts a request took more than 120 s in the mean: a module "
             "would have given up"],
        ),
        (2, {"connections": 1}, ["devices waited for a connection during 50% of the time: "]),
        (
            3,
            {"connections": 1},
            ["during 67% of", "a device waited 200 s in the backlog: a module gives up after 120 s"]
        ),
    ],
)  # fmt: skip
def test_notes(devices: int, server: dict[str, Any], told: list[str]) -> None:
    notes = serve(campaign(devices, server=server), [LONG]).notes
    assert len(notes) == len(told)
    for note, part in zip(notes, told, strict=True):
        assert part in note
        assert "\n" not in note


def test_what_is_slow_for_a_moment_is_not_told() -> None:
    """Two of a hundred devices are in contact at once, for half a second of a hundred."""
    rows = [row(attempt(span(n, n + 1, down=100)), device=n) for n in range(100)]
    rows[1] = row(attempt(span(0.5, 1.5, down=100)), device=1)
    run = serve(campaign(100, server={"bandwidth": 100}), rows)
    assert 0 < run.saturated < 0.0101 * run.busy
    assert run.notes == []
