"""Bytes that vanish: exactly those, whatever the pieces they come in."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.line.uart.loss import Loss

DATA = random.Random(5).randbytes(10_000)


def passed(loss: Loss, cuts: list[int]) -> bytes:
    left, at = b"", 0
    for cut in [*cuts, len(DATA)]:
        left += loss.of(DATA[at : max(at, cut)])
        at = max(at, cut)
    return left


@given(
    burst=st.integers(1, 3000),
    after=st.integers(0, 12_000),
    cuts=st.lists(st.integers(0, len(DATA)), max_size=5).map(sorted),
)
def test_one_burst_where_it_was_wanted(burst: int, after: int, cuts: list[int]) -> None:
    calls: list[int] = []
    left = passed(Loss(burst, after, lost=lambda: calls.append(1)), cuts)
    assert left == DATA[:after] + DATA[after + burst :]
    assert len(calls) == (after + burst <= len(DATA))


@given(seed=st.integers(0, 50), cuts=st.lists(st.integers(0, len(DATA)), max_size=5).map(sorted))
def test_many_bursts_are_the_same_for_every_cut(seed: int, cuts: list[int]) -> None:
    whole = passed(Loss(3, 10, 500, seed), [])
    assert passed(Loss(3, 10, 500, seed), cuts) == whole
    assert 0 < len(DATA) - len(whole) < 3 * 60


@pytest.mark.parametrize("bursts", [1, 2, 5])
def test_it_stops_behind_the_burst_it_is_told_to(bursts: int) -> None:
    calls: list[int] = []

    def lost() -> None:
        calls.append(1)
        if len(calls) == bursts:
            loss.stop()

    loss = Loss(7, 0, 20, lost=lost)
    assert len(passed(loss, [])) == len(DATA) - 7 * bursts
    assert len(calls) == bursts
