"""What is foreseen on paper is what happens: time, traffic, requests, connections."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from atwin.host.errors import UsageError
from atwin.models import UnknownModelError
from atwin.plan.dialogue import EXGET
from atwin.plan.exchanges import body_exchanges
from atwin.plan.job import Job, Route
from atwin.plan.paper import Times, on_paper
from atwin.plan.simulated import play

#: The most a figure on paper may be off.
OFF = 0.02

MODELS = {
    "air724ug": ("range",),
    "air780e-at": ("range", "stream"),
    "air780e-lsat": ("auto", "stream"),
    "air780ep": ("auto",),
}


def agree(job: Job) -> None:
    """Paper and simulation. A stream's connection ends with its last read, wherever that begins."""
    paper, played = on_paper(job), play(job)
    assert played.ok
    assert (paper.way, paper.requests, paper.connections) == (
        played.forecast.way,
        played.forecast.requests,
        played.forecast.connections,
    )
    assert paper.times.seconds == pytest.approx(played.seconds, rel=OFF), job
    billed = played.forecast.count.operator.total
    assert paper.count.operator.total == pytest.approx(billed, rel=OFF)
    read = EXGET * 10 / job.baud if job.baud and paper.way == "stream" else 0.0
    held = played.forecast.held
    assert paper.held == pytest.approx(held, rel=OFF, abs=max(1e-9, OFF * held, read)), job


@pytest.mark.sampled("baud", "rtt", "down", "tls", keep=2)
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("down", [1.2e6, 60e3, 12e3])
@pytest.mark.parametrize("rtt", [0.02, 0.1, 0.6])
@pytest.mark.parametrize("baud", [9600, 115200, 921600])
@pytest.mark.parametrize(
    ("model", "strategy"), [(m, s) for m, them in MODELS.items() for s in them]
)
def test_paper_and_simulation(
    model: str, strategy: str, baud: int, rtt: float, down: float, tls: bool
) -> None:
    size = 60_000 if model == "air780e-at" or baud == 9600 else 650_000
    agree(Job(size, model, baud, strategy, tls=tls, route=Route(rtt, down)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "job",
    [
        Job(1),
        Job(1, "air780e-at"),
        Job(3357, "air780e-at", strategy="range", hash=False, etag=False),
        Job(30_000, "air780e-at", strategy="range", hash=False, dns=True, tls=True, latency=0.5),
        Job(30_000, "air780e-at", baud=None, strategy="range"),
        Job(700_000, part=100_000, hash=False),
    ],
    ids=str,
)
def test_what_else_host_and_server_may_do(job: Job) -> None:
    agree(job)


def test_the_vendors_file() -> None:
    """docs/spec/flows.md §3: 39 parts, and its 12 MB take 17 minutes of the line."""
    paper = on_paper(Job(11_975_260))
    assert (paper.way, paper.chunk, paper.requests) == ("range", 307_200, 1 + 39)
    assert paper.times.body == pytest.approx(11_975_260 * 10 / 115200)


def test_parts_that_are_alike_are_those_one_by_one() -> None:
    def sizes(chunk: int) -> list[tuple[int, int, int]]:
        from atwin.net.url import Url

        found = body_exchanges(
            Url.parse(b"http://h/"), "range", 123_457, chunk, "", lambda method, span: 100
        )
        return [(each.times, each.sent, each.exchange.body) for each in found]

    for chunk in (3356, 1000, 100_000, 123_457, 10):
        every = [
            (
                len(str(first)) + len(str(min(first + chunk, 123_457) - 1)),
                min(chunk, 123_457 - first),
            )
            for first in range(0, 123_457, chunk)
        ]
        told = sizes(chunk)
        fixed = told[0][1] - every[0][0]
        assert [(sent - fixed, body) for times, sent, body in told for _ in range(times)] == every
        assert len(told) < 20


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (Job(9, "sim800"), UnknownModelError),
        (Job(9, strategy="stream"), UsageError),
        (Job(9, "air780e-at", part=4000), UsageError),
        (Job(9, part=1), UsageError),
    ],
)
def test_what_a_module_does_not_have(job: Job, error: type[Exception]) -> None:
    for way in (on_paper, play):
        with pytest.raises(error):
            way(job)


def test_a_gigabyte_in_small_parts_is_added_up_at_once() -> None:
    paper = on_paper(Job(1 << 30, "air780e-at", strategy="range"))
    assert paper.requests == 1 + math.ceil((1 << 30) / 3356)


def test_times_add_up() -> None:
    times = Times(1, 2, 3, 4, 5, 6)
    assert (times + times).seconds == (times * 2).seconds == 42
    assert replace(times, tls=0).seconds == 17
