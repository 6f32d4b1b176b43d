"""Runs a piece of work again after failures, and repairs what failed in between."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from atwin.host.errors import (
    CommandRefusedError,
    HostError,
    ModuleError,
    ModuleRestartedError,
    ModuleSilentError,
    NoAnswerError,
    RequestFailedError,
    ServerBusyError,
    StepError,
    TlsFailed,
)
from atwin.host.recovery.ladder import Ladder, wants_a_person
from atwin.host.recovery.rungs import ResetCommand

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.host.http import HttpSession
    from atwin.host.recovery.board import Board
    from atwin.host.recovery.ladder import Climbed
    from atwin.host.recovery.retry import Retry

log = logging.getLogger(__name__)

T = TypeVar("T")

#: The response is too big: asking again changes nothing.
_NEVER_AGAIN = 602
#: Bearer lost or server out of reach: the vendor rebuilds the bearer at once.
_BEARER_STATUSES = (601, 408)
_DNS_FAILED = 603
_POOL_FULL = 604
_NO_TLS = 605


class Recovery:
    """Runs attempts and repairs the session and the module between them."""

    def __init__(
        self,
        session: HttpSession,
        ladder: Ladder,
        retry: Retry,
        note: Callable[[str], None] | None = None,
        reached: Callable[[], int] = lambda: 0,
    ) -> None:
        """`reached` tells how far the work has got: failures with progress between are no row.

        A request that fails although the module is well speaks against the URL or the server, and
        no module is reset for that.
        """
        self.retries = 0
        self._session = session
        self._ladder = ladder
        self._board = ladder.board
        self._clock = ladder.board.clock
        self._retry = retry
        self._note = note or (lambda text: None)
        self._reached = reached

    async def run(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of `attempt`, repeated as the failure allows.

        The session is open when `attempt` runs. Raises the last failure, and the loss of the line
        at once.
        """
        failures, reached, since = 0, self._reached(), self._clock.now()
        while True:
            try:
                await self._make_ready()
                result = await attempt()
            except (StepError, ServerBusyError, ModuleSilentError) as failure:
                if self._reached() > reached:
                    failures, reached, since = 0, self._reached(), self._clock.now()
                    self._ladder.worked()
                failures += 1
                until = since + self._retry.give_up
                if not self._may_repeat(failure, failures) or self._clock.now() >= until:
                    raise
                self.retries += 1
                if not await self._repair(failure, failures, until):
                    raise self._ladder.exhausted(failure)  # noqa: B904 - the same one
            else:
                self._ladder.worked()
                return result

    async def _make_ready(self) -> None:
        board = self._board
        if board.restarted:
            await board.bring_up()
        elif board.bearer.taken_away:
            await board.bearer.open()
        await self._session.open()

    def _may_repeat(self, failure: HostError, failures: int) -> bool:
        # Behind a redirect these may come when the first server has had it all.
        unsent = (
            isinstance(failure, RequestFailedError)
            and failure.status in (603, 604, 605)
            and not self._session.setup.redirects
        )
        if self._retry.unsent_only and not unsent:
            return False
        match failure:
            case RequestFailedError(status=status) if status == _NEVER_AGAIN:
                return False
            case TlsFailed(status=status) if status == _NO_TLS:
                return failures < min(2, self._retry.attempts)
            case _:
                # A module that is itself the trouble is worth the whole ladder, which has an end.
                return failures < self._retry.attempts or _is_modules_own(failure)

    async def _repair(self, failure: HostError, failures: int, until: float) -> bool:
        """Whether another attempt makes sense."""
        status = failure.status if isinstance(failure, RequestFailedError) else None
        pause = self._retry.pause(failures)
        if status == _POOL_FULL:
            pause = min(max(5.0, pause), 30.0)
        log.info("attempt %d failed: %s", failures, failure)
        self._note(f"{failure}; trying again in {pause:g} s")
        try:
            if not isinstance(failure, ModuleSilentError | ModuleRestartedError):
                await self._session.close()
        except (NoAnswerError, ModuleSilentError) as worse:
            failure = worse
        if self._needs_rung(failure, failures):
            # A request that fails on a module that is well may be the server's fault.
            gently = not _is_modules_own(failure)
            if not await self._ladder.climb(failure, until, gently=gently) and not gently:
                return False
        await self._clock.sleep(min(pause, max(0.0, until - self._clock.now())))
        return True

    def _needs_rung(self, failure: HostError, failures: int) -> bool:
        status = failure.status if isinstance(failure, RequestFailedError) else None
        if isinstance(failure, ModuleSilentError):
            return True
        if isinstance(failure, ModuleRestartedError) or self._board.restarted:
            return False  # it is told everything again before the next attempt
        if self._board.bearer.taken_away or status in _BEARER_STATUSES:
            return True
        if status == _DNS_FAILED:
            return failures >= 3
        if isinstance(failure, NoAnswerError) and failure.missing:
            return False  # the line lost bytes: the module is well
        stuck = isinstance(failure, NoAnswerError | CommandRefusedError)
        return stuck and failures >= 2


def _is_modules_own(failure: HostError) -> bool:
    """Whether the module does not answer, or does not get onto the network."""
    if isinstance(failure, ModuleSilentError):
        return True
    return isinstance(failure, StepError) and failure.script in ("bearer", "bring-up")


async def recover(
    board: Board, give_up: float, note: Callable[[str], None] | None = None, *, restart: bool
) -> list[Climbed]:
    """See `Modem.recover`."""
    ladder = Ladder(board, note)
    until = board.clock.now() + give_up
    failure: StepError | ModuleSilentError | None = None
    try:
        async with asyncio.timeout(give_up):
            await board.bring_up()
        if not restart:
            return []
        ladder.begin_with(ResetCommand)
    except ModuleSilentError as silent:
        failure = silent
        ladder.skip_search()
    except StepError as refused:
        failure = refused
        if wants_a_person(refused):
            raise
    except TimeoutError:
        raise ModuleError(f"the module did not get onto the network in {give_up:g} s") from None
    if not await ladder.climb(failure, until):
        raise ladder.exhausted(failure)
    ladder.worked()
    return ladder.climbed
