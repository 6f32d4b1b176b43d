"""Tables that fit, and time as people read it."""

from __future__ import annotations

import pytest

from atwin.cli.figures.tables import Bars, Column, duration, table

COLUMNS = [
    Column("", ["one", "three"], left=True),
    Column("up", ["1", "1,000"], 1),
    Column("all", ["12", "1,000,000"]),
]


def test_columns_leave_before_a_digit_does() -> None:
    bars = Bars([1.0, 0.5], 10)
    assert table(COLUMNS, bars, 80).splitlines() == [
        "          up        all",
        "one        1         12  ██████████",
        "three  1,000  1,000,000  █████",
    ]
    # The bars shrink, then they leave, then the column that may.
    assert table(COLUMNS, bars, 31).splitlines()[1] == "one        1         12  ██████"
    assert table(COLUMNS, bars, 30).splitlines()[1] == "one        1         12"
    assert table(COLUMNS, None, 20).splitlines()[2] == "three  1,000,000"
    assert table(COLUMNS, None, 3).splitlines()[2] == "three  1,000,000"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00 s"),
        (9.994, "9.99 s"),
        (9.996, "10.0 s"),
        (99.96, "1 min 40 s"),
        (1114.2, "18 min 34 s"),
        (3599.9, "60 min 0 s"),
        (7500, "2 h 5 min"),
        (90_000 * 3, "3 d 3 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
