"""What follows a failed request, and how often it is tried again (spec: flows.md §1)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from atwin.host.errors import (
    CommandRefusedError,
    HostError,
    NoAnswerError,
    RequestFailedError,
    ServerBusyError,
    StepError,
    TlsFailed,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.clock import Clock
    from atwin.host.bearer import Bearer
    from atwin.host.http import HttpSession

log = logging.getLogger(__name__)

T = TypeVar("T")

#: The response is too big: asking again changes nothing.
_NEVER_AGAIN = 602
#: Bearer lost or server out of reach: the vendor rebuilds the bearer at once.
_BEARER_STATUSES = (601, 408)
_DNS_FAILED = 603
_POOL_FULL = 604
_NO_TLS = 605


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` in a row in all; between them `first` seconds, then `factor` times as long.

    `longest` caps the pause. `unsent_only` repeats only what surely never reached the server:
    the choice for a POST.
    """

    attempts: int = 4
    first: float = 0.5
    factor: float = 2.0
    longest: float = 30.0
    unsent_only: bool = False

    def pause(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row."""
        return float(min(self.first * self.factor ** (failures - 1), self.longest))


class Recovery:
    """Runs attempts and repairs the session and the bearer between them."""

    def __init__(
        self,
        session: HttpSession,
        bearer: Bearer,
        clock: Clock,
        retry: Retry,
        note: Callable[[str], None] | None = None,
        reached: Callable[[], int] = lambda: 0,
    ) -> None:
        """`reached` tells how far the work has got: failures with progress between are no row."""
        self.retries = 0
        self._session = session
        self._bearer = bearer
        self._clock = clock
        self._retry = retry
        self._note = note or (lambda text: None)
        self._reached = reached

    async def run(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of `attempt`, repeated as the failure allows.

        The session is open when `attempt` runs. Raises the last failure; the loss of the line
        and a silent module at once.
        """
        failures, reached = 0, self._reached()
        while True:
            try:
                if self._bearer.taken_away:
                    await self._bearer.open()
                await self._session.open()
                return await attempt()
            except (StepError, ServerBusyError) as failure:
                if self._reached() > reached:
                    failures, reached = 0, self._reached()
                failures += 1
                if failures >= self._attempts(failure):
                    raise
                self.retries += 1
                await self._repair(failure, failures)

    def _attempts(self, failure: HostError) -> int:
        unsent = isinstance(failure, RequestFailedError) and failure.status in (603, 604, 605)
        if self._retry.unsent_only and not unsent:
            return 1
        match failure:
            case RequestFailedError(status=status) if status == _NEVER_AGAIN:
                return 1
            case TlsFailed(status=status) if status == _NO_TLS:
                return min(2, self._retry.attempts)
            case _:
                return self._retry.attempts

    async def _repair(self, failure: HostError, failures: int) -> None:
        status = failure.status if isinstance(failure, RequestFailedError) else None
        pause = self._retry.pause(failures)
        if status == _POOL_FULL:
            pause = min(max(5.0, pause), 30.0)
        log.info("attempt %d failed: %s", failures, failure)
        self._note(f"{failure}; trying again in {pause:g} s")
        try:
            await self._session.close()
            if self._needs_bearer(failure, status, failures):
                await self._bearer.rebuild()
        except (CommandRefusedError, NoAnswerError) as worse:
            # The next attempt fails too then, and is counted there.
            log.info("repair failed: %s", worse)
        await self._clock.sleep(pause)

    def _needs_bearer(self, failure: HostError, status: int | None, failures: int) -> bool:
        if self._bearer.taken_away or status in _BEARER_STATUSES:
            return True
        if status == _DNS_FAILED:
            return failures >= 3
        stuck = isinstance(failure, NoAnswerError | CommandRefusedError)
        return stuck and failures >= 2
