"""A fixed piece of plain Python work: the peer of what has no other.

It says how fast this interpreter is on this processor, so that a ratio to it means the same on
another machine.
"""

from __future__ import annotations

import time


async def _nothing() -> None:
    pass


async def _work(count: int) -> None:
    for _ in range(count):
        await _nothing()


def awaits_a_second(count: int = 200_000) -> float:
    """An empty coroutine, made and awaited, in seconds of this process's CPU."""
    work, began = _work(count), time.process_time()
    try:
        work.send(None)
    except StopIteration:
        return count / (time.process_time() - began)
    raise AssertionError("it waits for nothing")
