"""How much of the line's time the host uses: bench/efficiency.py with smaller files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bench.efficiency import LEAST, SLOWER, measure

from atwin.host.download.pace import stream_pays

if TYPE_CHECKING:
    from atwin.host.download.order import Strategy

#: Some parts of each model: the question at the begin is of little weight then.
SIZES = {"air724ug": 5 * 307_200 + 1000, "air780e-at": 400_000, "air780e-lsat": 1_400_000}


@pytest.mark.sampled("rate")
@pytest.mark.parametrize("rate", [115200, 921600])
@pytest.mark.parametrize(
    ("model", "strategy"),
    [
        ("air724ug", "range"),
        ("air780e-at", "range"),
        ("air780e-at", "stream"),
        ("air780e-lsat", "range"),
        ("air780e-lsat", "stream"),
    ],
)
def test_downloads_come_close_to_the_bound_of_their_method(
    model: str, rate: int, strategy: Strategy
) -> None:
    """Each at one rate a run, at every rate in `make prove`."""
    figure = measure(model, rate, strategy, SIZES[model])
    assert figure.played.way == strategy
    assert LEAST <= figure.efficiency <= 2 - LEAST


@pytest.mark.sampled("rate")
@pytest.mark.parametrize("rate", [9600, 115200, 921600])
@pytest.mark.parametrize("model", ["air780e-at", "air780e-lsat"])
def test_auto_takes_the_faster_method(model: str, rate: int) -> None:
    """Each at one rate a run, at every rate in `make prove`."""
    size = SIZES[model] // (1 if rate > 9600 else 3)  # the question weighs less yet
    seconds = {
        name: measure(model, rate, name, size).seconds for name in ("auto", "range", "stream")
    }
    assert seconds["auto"] <= SLOWER * min(seconds["range"], seconds["stream"])


@pytest.mark.parametrize(
    ("chunk", "rate", "wait", "pays"),
    [
        (3356, 115200, 0.1, True),
        (3356, None, 0.0, True),
        (3356, 600, 0.1, True),
        (130_048, 9600, 0.1, False),
        (130_048, 115200, 0.1, False),
        (130_048, 921600, 0.1, True),
        # TLS, or a server far away.
        (130_048, 115200, 1.0, True),
        (130_048, None, 0.001, False),
    ],
)
def test_when_the_stream_pays(chunk: int, rate: int | None, wait: float, pays: bool) -> None:
    assert stream_pays(chunk, rate, wait) is pays
