"""Pieces of the line that a trace is given, and those that its listeners hear."""

from __future__ import annotations

import asyncio

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.trace import Trace
from atwin.trace.raw import RawListener

LARGE, SMALL = 1024 * b"a", b"OK"


def test_large_pieces_that_follow_at_once_are_heard_as_one() -> None:
    heard: list[tuple[float, str, int]] = []

    async def main() -> None:
        trace = Trace(LoopClock(), lambda lines: None)

        def to_host(data: bytes) -> None:
            heard.append((trace.now, "<", len(data)))

        def to_module(data: bytes) -> None:
            heard.append((trace.now, ">", len(data)))

        for listener, data, wait in (
            (to_host, LARGE, 0.0),
            (to_host, LARGE, 0.0004),
            (to_host, LARGE, 0.0004),  # too long after the first
            (to_host, SMALL, 0.0),  # the end of a body has its own moment
            (to_host, LARGE, 0.0),
            (to_module, LARGE, 0.0),
            (to_module, LARGE, 0.0),
        ):
            await asyncio.sleep(wait)
            trace.hears(listener, data)
        trace.flush()
        trace.hears(to_module, LARGE)
        trace.flush()

    run_virtual(main())
    late = pytest.approx(0.0008)
    assert heard == [
        (0.0, "<", 2048),
        (late, "<", 1024),
        (late, "<", 2),
        (late, "<", 1024),
        (late, ">", 2048),
        (late, ">", 1024),
    ]


def test_what_was_told_waits_for_a_while_and_less_if_it_is_much_or_somebody_looks_on() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        for pieces, listener, late in (
            (1, None, 0.2),
            (1100, None, 0.01),
            (1, RawListener(), 0.05),
        ):
            flushed = asyncio.Event()
            trace = Trace(LoopClock(), lambda lines, flushed=flushed: flushed.set())  # type: ignore[misc]
            if listener is not None:
                trace.raw.add(listener)
            began = loop.time()
            for _ in range(pieces):
                trace.notes("net", "x")
            await flushed.wait()
            assert loop.time() - began == pytest.approx(late), pieces

    run_virtual(main())


def test_where_no_time_passes_no_more_than_so_many_pieces_wait() -> None:
    async def main() -> None:
        batches: list[str] = []
        trace = Trace(LoopClock(), batches.append)
        for _ in range(16385):
            trace.hears(lambda data: None, SMALL)
            trace.notes("net", "x")
        assert [batch.count("\n") for batch in batches] == [8192, 8192]

    run_virtual(main())
