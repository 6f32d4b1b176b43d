"""A time limit that begins again whenever something happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class IdleTimeout:
    """`async with`: raises `TimeoutError` once nothing has stirred for `seconds`.

    As an `asyncio.timeout` around each wait would, but with one timer that looks now and then.
    While it is stopped nothing ends it.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._limit = asyncio.timeout(None)
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def stir(self) -> None:
        """Begin again now."""
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(self._since + self._seconds, self._look)

    def stop(self) -> None:
        """Until something stirs, nothing is waited for."""
        self._since = None

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        self.stir()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._limit.__aexit__(kind, error, trace)

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return
        due = self._since + self._seconds
        if due > self._loop.time():
            self._timer = self._loop.call_at(due, self._look)
        else:
            self._limit.reschedule(self._loop.time())
