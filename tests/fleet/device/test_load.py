"""The load of a device on the server: its sums are exact, its spans few."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.fleet.device.load import MOST, Load, LoadedStream, joined
from atwin.fleet.device.row import Span
from atwin.net.network import SocketOptions
from atwin.testing import SimulatedNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.net.network import Stream


def sums(spans: Sequence[Span]) -> tuple[float, float, float, float]:
    held = math.fsum(span.connections * (span.end - span.begin) for span in spans)
    return (
        held,
        sum(span.requests for span in spans),
        sum(span.down for span in spans),
        sum(span.up for span in spans),
    )


class Time:
    """A clock by hand: `Load` needs no loop of ours."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_stall_is_a_span_of_its_own() -> None:
    time = Time()
    load = Load(time)
    load.opened()
    load.passed(down=1000)
    time.now = 600.0
    load.passed(down=500)
    time.now = 600.5
    load.closed()
    assert load.take() == (
        Span(0.0, 1.0, 1.0, 0, 1000, 0),
        Span(1.0, 600.0, 1.0, 0, 0, 0),
        Span(600.0, 600.5, 1.0, 0, 500, 0),
    )
    assert load.connection_seconds == 600.5


def test_nothing_is_said_of_a_time_without_connections() -> None:
    time = Time()
    load = Load(time)
    load.opened()
    time.now = 0.25
    load.closed()
    time.now = 6 * 3600.0
    load.opened()
    load.requested()
    time.now += 0.5
    load.closed()
    first, second = load.take()
    assert (first.begin, first.end) == (0.0, 1.0)
    assert first.connections == 0.25
    assert (second.begin, second.end) == (6 * 3600.0, 6 * 3600.0 + 0.5)
    assert load.take() == ()


def test_what_happens_in_no_time_is_counted() -> None:
    load = Load(Time())
    load.opened()
    load.requested()
    load.passed(down=10, up=3)
    load.closed()
    assert sums(load.take()) == (0.0, 1, 10, 3)
    assert load.connections == 1


@pytest.mark.parametrize("count", [0, 1, MOST, MOST + 1, 5000])
def test_alike_spans_become_one_and_no_sum_changes(count: int) -> None:
    spans = [Span(i, i + 1.0, (i % 7) / 7, i % 3, i * 37 % 1000, i % 11) for i in range(count)]
    found = joined(spans, MOST)
    assert len(found) <= MOST
    assert sums(found) == pytest.approx(sums(spans))
    assert all(one.end <= other.begin for one, other in pairwise(found))


def test_what_differs_stays_apart() -> None:
    busy = [Span(i, i + 1.0, 1.0, 0, 10_000, 100) for i in range(100)]
    quiet = [Span(i, i + 1.0, 1.0, 0, 10, 0) for i in range(100, 200)]
    first, second = joined([*busy, *quiet], MOST)
    assert (first.end, first.down) == (100, 1_000_000)
    assert (second.begin, second.down) == (100, 1000)


def test_a_long_download_takes_little_room() -> None:
    time = Time()
    load = Load(time)
    load.opened()
    for second in range(20_000):
        time.now = float(second)
        load.passed(down=second % 1000)
    assert len(load._spans) <= 640
    assert sums(load.take())[2] == sum(second % 1000 for second in range(20_000))


def test_connections_are_heard() -> None:
    load = Load(lambda: 0.0)

    async def serve(stream: Stream) -> None:
        stream = LoadedStream(stream, load)
        while request := await stream.read(100):
            load.requested()
            await stream.write(request * 10)

    async def main() -> None:
        nonlocal load
        clock = LoopClock()
        load = Load(clock.now)
        network = SimulatedNetwork(clock, latency=0.5)
        network.serve("198.51.100.1", 80, serve)
        for _ in range(2):
            stream = await network.connect("198.51.100.1", 80)
            for _ in range(3):
                await stream.write(b"GET /")
                assert await stream.read(1000) == b"GET /" * 10
            stream.close()
            stream.close()
        await clock.sleep(100)
        assert (load.connections, load.requests) == (2, 6)
        # The end is known half a round trip after the module has let go.
        assert load.connection_seconds == pytest.approx(2 * (3 * 1.0 + 0.5))
        assert sums(load.take()) == pytest.approx((7.0, 6, 300, 30))

    run_virtual(main())


@pytest.mark.parametrize("loss", [0.0, 0.1])
@pytest.mark.parametrize("window", [0, 5000])
def test_what_has_left_is_counted_though_the_write_is_broken_off(window: int, loss: float) -> None:
    """The server's bytes are those that the module reads, and those that come and it does not."""

    async def main() -> None:
        clock = LoopClock()
        load = Load(clock.now)

        async def serve(stream: Stream) -> None:
            await LoadedStream(stream, load).write(bytes(600_000))

        network = SimulatedNetwork(clock, latency=0.1, down=20_000, loss=loss)
        network.serve("198.51.100.1", 80, serve)
        stream = await network.connect("198.51.100.1", 80, SocketOptions(window=window))
        while stream.passed[1] < 30_000:
            await stream.read(1000)
        stream.close()
        await clock.sleep(100)
        down = sums(load.take())[2]
        assert down % 16_384, "it was broken off within a piece"
        assert down == stream.passed[1] + stream.carried.unread
        assert load.connections == 1

    run_virtual(main())
