"""How large the next part is, after those before it."""

from __future__ import annotations

import pytest

from atwin.host.download.pace import PartSize

LARGEST, TIMEOUT = 300_000, 120.0


def cost_of(works_up_to: int, parts: int) -> tuple[int, int]:
    """Parts that failed in front of so many that came, and the size at the end."""
    size, failed, came = PartSize(LARGEST, TIMEOUT), 0, 0
    while came < parts:
        if size.now > works_up_to:
            failed += 1
            size.failed(TIMEOUT, timed_out=True)
        else:
            came += 1
            size.came(size.now, 1.0)
    return failed, size.now


@pytest.mark.parametrize("works_up_to", [3_000, 20_000, 200_000])
def test_a_size_that_always_fails_is_tried_ever_more_rarely(works_up_to: int) -> None:
    failed, now = cost_of(works_up_to, 200)
    assert failed <= 7 + 10
    assert now > works_up_to // 2


def test_after_one_failure_it_grows_again_at_once() -> None:
    size = PartSize(LARGEST, TIMEOUT)
    size.failed(TIMEOUT, timed_out=True)
    size.came(size.now, 1.0)
    assert size.now == LARGEST


def test_a_size_that_works_again_counts_as_new() -> None:
    size = PartSize(LARGEST, TIMEOUT)
    for _ in range(4):
        size.failed(TIMEOUT, timed_out=True)
    for _ in range(60):
        size.came(size.now, 1.0)
    assert size.now == LARGEST
    size.came(size.now, 1.0)
    size.failed(TIMEOUT, timed_out=True)
    size.came(size.now, 1.0)
    assert size.now == LARGEST


def test_slow_parts_do_not_grow() -> None:
    size = PartSize(LARGEST, TIMEOUT)
    size.failed(TIMEOUT, timed_out=True)
    for _ in range(10):
        size.came(size.now, 100.0)
    assert size.now == LARGEST // 2
