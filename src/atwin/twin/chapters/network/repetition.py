"""What is said again and again until somebody ends it (docs/spec/general.md §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from atwin.twin.engine.run import Run

#: Seconds between two times.
PERIOD = 5.0


class Repetition:
    """Calls `say` every five seconds while it is on."""

    def __init__(self, run: Run, say: Callable[[], None]) -> None:
        self._run = run
        self._say = say
        self._task: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        """Whether it goes on."""
        return self._task is not None

    def turn(self, on: bool) -> None:
        """Start over, or end."""
        if self._task is not None:
            self._task.cancel()
        self._task = self._run.spawn(self._go_on()) if on else None

    async def _go_on(self) -> None:
        while True:
            await self._run.hardware.clock.sleep(PERIOD)
            self._say()
