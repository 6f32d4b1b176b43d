"""Eight tests of the two hundred of `make prove`."""

from __future__ import annotations

from prove.fixtures import run


def test_nothing_is_left_of_tests_side_by_side() -> None:
    assert run(8)[1] == []
