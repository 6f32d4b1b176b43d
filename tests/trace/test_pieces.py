"""Pieces of the line that a trace is given, and those that its listeners hear."""

from __future__ import annotations

import asyncio

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.trace import Trace

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
