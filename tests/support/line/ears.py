"""What hangs on a port and remembers, and a check that nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import warnings
from typing import TYPE_CHECKING, Any

from support.running.patience import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Ear:
    """A `Receiver`: the bytes in order, and the reason of every `lost`."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.reasons: list[str | None] = []
        self._news = asyncio.Event()

    def received(self, data: bytes) -> None:
        assert data, "an empty piece was delivered"
        assert not self.reasons, "bytes after the end"
        self.heard += data
        self._news.set()

    def lost(self, reason: str | None) -> None:
        self.reasons.append(reason)
        self._news.set()

    async def bytes(self, count: int) -> bytes:
        """The next `count` bytes, taken out."""
        await self._until(lambda: len(self.heard) >= count)
        data = bytes(self.heard[:count])
        del self.heard[:count]
        return data

    async def end(self) -> None:
        """Return when the port is lost."""
        await self._until(lambda: bool(self.reasons))

    async def _until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not met():
                self._news.clear()
                await self._news.wait()


def leaves_nothing(main: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run`, after which no descriptor, task, warning or loop error may remain."""
    gc.collect()
    gc.freeze()  # what is there stays: neither this nor a later collection looks through it
    before, errors = _descriptors(), []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: errors.append(context))
        await main
        await settled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(watched())
        gc.collect()
    assert [str(w.message) for w in caught if w.category is ResourceWarning] == []
    assert errors == []
    # A server of the test, in a thread of its own, closes its end a moment later.
    wait_until(lambda: _descriptors() == before, "a descriptor is still open")


async def settled() -> None:
    """Let everything run that waits for nothing but its turn."""
    for _ in range(20):
        await asyncio.sleep(0)


def _descriptors() -> set[str]:
    listed = os.listdir("/dev/fd")
    return {number for number in listed if os.path.exists(f"/dev/fd/{number}")}
