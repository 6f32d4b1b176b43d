"""The table of modes: each turn leads on, and never back."""

from __future__ import annotations

from typing import get_args

import pytest

from atwin.host.download.judging.entity import Entity
from atwin.host.download.judging.verdict import (
    Another,
    AtOnce,
    Broken,
    ByParts,
    Changed,
    NoRanges,
    TooLong,
    Turn,
)
from atwin.host.download.order import Mode

TURNS: tuple[Turn, ...] = (
    NoRanges("x"),
    TooLong(Entity()),
    Changed("x"),
    Another("x"),
    Broken("x"),
    ByParts("x"),
    AtOnce("x"),
)
STEPS = {
    (Mode.ANY, NoRanges): Mode.WHOLE,
    (Mode.ANY, AtOnce): Mode.STREAM,
    (Mode.ANY, ByParts): Mode.PARTS,
    (Mode.STREAM, NoRanges): Mode.WHOLE,
    # A stream that got nowhere either: its note says that parts go on, and so they do.
    (Mode.STREAM, ByParts): Mode.PARTS,
    (Mode.PARTS, NoRanges): Mode.WHOLE,
    (Mode.WHOLE, TooLong): Mode.SPENT,
}


@pytest.mark.parametrize("mode", Mode)
def test_every_turn_of_every_mode(mode: Mode) -> None:
    assert {type(turn) for turn in TURNS} == set(get_args(Turn))
    for turn in TURNS:
        assert mode.after(turn) is STEPS.get((mode, type(turn)), mode)


def test_no_way_leads_back() -> None:
    def later(mode: Mode, seen: tuple[Mode, ...] = ()) -> set[Mode]:
        assert mode not in seen
        nexts = {mode.after(turn) for turn in TURNS} - {mode}
        return nexts.union(*(later(each, (*seen, mode)) for each in nexts))

    assert later(Mode.ANY) == {*Mode} - {Mode.ANY}


def test_ranges_are_asked_for_until_they_are_no_use() -> None:
    assert [mode for mode in Mode if mode.has_ranges] == [Mode.ANY, Mode.STREAM, Mode.PARTS]
