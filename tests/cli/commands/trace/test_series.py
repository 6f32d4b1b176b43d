"""What a plot draws, from as many records as there are, in one pass."""

from __future__ import annotations

import random
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.commands.trace import series as module
from atwin.cli.commands.trace.series import Bins, Marks, Steps, series_of

if TYPE_CHECKING:
    from collections.abc import Iterator

START = {"t": 0.0, "kind": "start"}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any of each."""
    monkeypatch.setattr(module, "MOST_BINS", 64)
    monkeypatch.setattr(module, "MOST_POINTS", 60)
    monkeypatch.setattr(module, "MOST_MARKS", 20)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("seed", range(5))
def test_bins_hold_what_fell_into_their_time(seed: int) -> None:
    dice = random.Random(seed)
    pieces = []
    for _ in range(100):
        end = dice.choice((1.0, 10.0, 1000.0)) * dice.random()
        pieces.append((end * dice.random(), end, dice.randrange(1, 10**6)))
    bins = Bins()
    for piece in pieces:
        bins.spread("<", *piece)
    duration = max(end for _, end, _ in pieces)
    assert duration / 64 <= bins.width < duration / 64 * 2
    expected = [0.0] * 64
    for begin, end, size in pieces:
        for index in range(64):
            low, high = index * bins.width, (index + 1) * bins.width
            expected[index] += size * max(0.0, min(end, high) - max(begin, low)) / (end - begin)
    sizes = bins.sizes("<", duration)
    assert sizes == pytest.approx(expected[: len(sizes)], abs=0.1)
    assert not any(bins.sizes(">", duration))


@pytest.mark.usefixtures("few")
def test_a_moment_at_the_edge_and_a_time_without_end_have_a_bin() -> None:
    bins = Bins()
    for time in (0.0, 0.064, 1e15, 5.0):
        bins.add(">", time, 3)
    bins.spread(">", 0.0, 1e15, 6)
    assert sum(bins.sizes(">", 1e15)) == pytest.approx(18, abs=0.5)


@pytest.mark.usefixtures("few")
def test_of_many_values_the_extremes_and_the_last_one_stay() -> None:
    steps = Steps()
    values = [float(n % 7) for n in range(1000)]
    values[333], values[999] = 77.0, 5.5
    for time, value in enumerate(values):
        steps.add(float(time), value)
    steps.add(1000.0, "no number")
    steps.thin()
    assert 20 <= len(steps.points) <= 60
    kept = dict(steps.points)
    assert kept[333.0] == 77.0
    assert steps.points[-1] == (999.0, 5.5)
    assert list(kept) == sorted(kept)
    for begin in range(0, 993, 7):
        inside = [v for t, v in steps.points if begin - steps.width <= t <= begin + steps.width]
        assert {min(inside), 6.0} <= {0.0, *inside}


@pytest.mark.usefixtures("few")
def test_of_many_marks_each_is_counted() -> None:
    marks = Marks()
    for n in range(1000):
        marks.add(n * 0.25, {"n": n})
    marks.thin()
    assert 10 <= len(marks.marks) <= 20
    assert sum(1 + mark.more for mark in marks.marks) == 1000
    assert marks.marks[0].record == {"n": 0}
    assert marks.width > 0


def test_a_few_are_all_there() -> None:
    records: list[dict[str, Any]] = [
        START,
        {"t": 1, "kind": "answer", "dir": "<", "text": "OK"},
        {"t": 2, "kind": "answer", "dir": "<", "text": "+CME ERROR: 3"},
        {"t": 3, "kind": "net", "event": "slot taken", "open": 2},
        {"t": 4, "kind": "script", "event": "x", "text": "y"},
        {"t": 5, "kind": "cut", "event": "no end"},
        {"t": 6, "kind": "of tomorrow"},
    ]
    series = series_of(records)
    found = {row: [m.record for m in marks.marks] for row, marks in series.rows.items()}
    assert {row for row, marks in found.items() if marks} == {"error", "net", "fault", "host"}
    assert series.connections.points == [(3, 2)]
    assert (series.connections.top, series.buffer.top) == (8, 0)
    assert (series.count, series.duration) == (7, 6)
    assert sum(series.bins.sizes("<", 6)) == 6 + 17


def many(count: int) -> Iterator[dict[str, Any]]:
    yield START
    for n in range(count):
        yield {"t": n * 0.01, "kind": "urc", "dir": "<", "text": f"+NEWS: {n}"}
        yield {"t": n * 0.01, "kind": "buffer", "event": "fill", "bytes": n}


@pytest.mark.usefixtures("few")
def test_memory_does_not_grow_with_the_trace() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        series_of(many(count))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)  # what is made once, is made here
    assert peak(10_000) < 1.5 * peak(1_000)
