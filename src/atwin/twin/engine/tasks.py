"""The tasks of one run of the firmware: they end with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Tasks:
    """Keeps what it starts alive, and cancels all of it at the end."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    @property
    def running(self) -> bool:
        """Whether anything is still under way."""
        return bool(self._running)

    def cancel(self) -> None:
        """Stop everything still running."""
        for task in list(self._running):
            task.cancel()

    async def finished(self) -> None:
        """Wait until everything cancelled is gone."""
        while self._running:
            await asyncio.wait(self._running)
