"""Runs a piece of work again after failures, and repairs what failed in between."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from atwin.at.dialect.statuses import Status
from atwin.host.errors import (
    CommandRefusedError,
    HostError,
    ModuleRestartedError,
    ModuleSilentError,
    NoAnswerError,
    RefusedForGoodError,
    RequestFailedError,
    ServerBusyError,
    StepError,
    TlsFailed,
)
from atwin.host.http.statuses import UNSENT
from atwin.host.recovery.ladder import wants_a_person

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.host.http.session import HttpSession
    from atwin.host.recovery.ladder import Ladder

log = logging.getLogger("atwin.host")

T = TypeVar("T")

#: Bearer lost or server out of reach: the vendor rebuilds the bearer at once.
_BEARER_STATUSES = (Status.NETWORK_ERROR, Status.REQUEST_TIMEOUT)


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` in a row in all; between them `first` seconds, then `factor` times as long.

    `longest` caps the pause. `give_up` seconds without progress end everything, whatever is left
    to try. `unsent_only` repeats only what surely never reached the server: the choice for a
    POST.
    """

    attempts: int = 4
    first: float = 0.5
    factor: float = 2.0
    longest: float = 30.0
    give_up: float = 900.0
    unsent_only: bool = False

    def pause(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row."""
        return float(min(self.first * self.factor ** (failures - 1), self.longest))


class _NotReadyError(ModuleSilentError):
    """The time was up before the session was open."""


class Recovery:
    """Runs attempts and repairs the session and the module between them."""

    def __init__(
        self,
        session: HttpSession | None,
        ladder: Ladder,
        retry: Retry,
        note: Callable[[str], None] | None = None,
        reached: Callable[[], int] = lambda: 0,
        attempts: Callable[[HostError], int] | None = None,
    ) -> None:
        """Without a `session` the attempts only put questions to the module.

        `reached` says how far the work has got: failures with progress between them do not add up.
        `attempts` is how often a failure like that is tried in a row; None for those of `retry`.

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
        #: Seconds without progress that end it.
        self.give_up = retry.give_up
        self._attempts = attempts or (lambda failure: retry.attempts)
        #: The clock's time at which nobody waits for the next attempt any more.
        self._until = math.inf

    async def run(self, attempt: Callable[[], Awaitable[T]], since: float | None = None) -> T:
        """The result of `attempt`, repeated as the failure allows.

        The session is open when `attempt` runs. `since` is the clock's time of the last progress,
        where that was before now. Raises the last failure, and the loss of the line
        at once.
        """
        failures, reached = 0, self._reached()
        since = self._clock.now() if since is None else since
        last: HostError | None = None
        while True:
            self._until = since + self.give_up
            begun = False
            try:
                await self._make_ready(last)
                begun = True
                result = await attempt()
            except (StepError, ServerBusyError, ModuleSilentError) as failure:
                if self._reached() > reached:
                    failures, reached, since = 0, self._reached(), self._clock.now()
                    self._ladder.worked()
                failures += 1
                until = since + self.give_up
                if not self._may_repeat(failure, failures, begun=begun):
                    raise
                if self._clock.now() < until:
                    self.retries += 1
                    if await self._repair(failure, failures, until):
                        last = failure
                        continue
                # What it did not get ready for says more than that it did not.
                told = last if last is not None and isinstance(failure, _NotReadyError) else failure
                if self._clock.now() >= until:
                    told.add(f"given up, nothing came in {self.give_up:g} s")
                modules = is_modules_own(told) or self._ladder.failing
                raise self._ladder.exhausted(told) if modules else told  # noqa: B904
            else:
                self._ladder.worked()
                return result

    async def _make_ready(self, last: HostError | None) -> None:
        """All that an attempt stands on; `last` is what the one before it failed with."""
        board = self._board
        left = max(1.0, self._until - self._clock.now())
        try:
            async with asyncio.timeout(left):
                if isinstance(last, StepError) and not (board.restarted or board.bearer.taken_away):
                    await board.bearer.look()
                if board.restarted:
                    await board.bring_up()
                elif board.bearer.taken_away:
                    await board.bearer.open()
                if self._session is not None:
                    self._session.until = self._until
                    await self._session.open()
        except TimeoutError:
            raise _NotReadyError(f"the module was not ready in {left:.0f} s") from None

    def _may_repeat(self, failure: HostError, failures: int, *, begun: bool) -> bool:
        # Where the module follows redirects, the first server may have had it all by then.
        unsent = (
            self._session is None
            or not begun
            or (
                isinstance(failure, RequestFailedError)
                and failure.status in UNSENT
                and not self._session.way.by_module
            )
        )
        for_good = isinstance(failure, RefusedForGoodError) or wants_a_person(failure)
        if for_good or (self._retry.unsent_only and not unsent):
            return False
        match failure:
            case RequestFailedError(status=Status.NO_MEMORY):
                return False  # too big: asking again changes nothing
            case TlsFailed(status=Status.SSL_NOT_ESTABLISHED):
                return failures < min(2, self._attempts(failure))
            case ServerBusyError(retry_after=float()):
                return True  # who says when to come back is not in vain: give_up ends it
            case _:
                # A module that is itself the trouble is worth the whole ladder, which has an end.
                return failures < self._attempts(failure) or is_modules_own(failure)

    async def _repair(self, failure: HostError, failures: int, until: float) -> bool:
        """Whether another attempt makes sense."""
        status = failure.status if isinstance(failure, RequestFailedError) else None
        pause = self._retry.pause(failures)
        if status == Status.STACK_BUSY:
            pause = min(max(5.0, pause), 30.0)
        if isinstance(failure, ServerBusyError) and failure.retry_after is not None:
            pause = max(pause, failure.retry_after)
            if self._clock.now() + pause > until:
                failure.add(
                    f"it says to come back in {pause:g} s, which is later than"
                    f" {self.give_up:g} s without progress (--give-up)"
                )
                return False
        note = f"{failure}; trying again in {pause:g} s"
        log.info("attempt %d failed: %s", failures, note)
        self._note(note)
        try:
            gone = isinstance(failure, ModuleSilentError | ModuleRestartedError)
            if self._session is not None and not gone:
                await self._session.close()
        except (NoAnswerError, ModuleSilentError) as worse:
            failure = worse
        if self._needs_rung(failure, failures):
            # A request that fails on a module that is well may be the server's fault.
            gently = not is_modules_own(failure)
            back = await self._ladder.climb(failure, until, gently=gently)
            if not back and not (gently and not self._ladder.spent):
                return await self._ladder.rest(self._retry.longest, until)
        await self._clock.sleep(min(pause, max(0.0, until - self._clock.now())))
        return True

    def _needs_rung(self, failure: HostError, failures: int) -> bool:
        status = failure.status if isinstance(failure, RequestFailedError) else None
        if isinstance(failure, ModuleSilentError):
            return True
        if isinstance(failure, ModuleRestartedError):
            return False
        if self._board.restarted and not is_modules_own(failure):
            return False  # it is told everything again before the next attempt
        if self._board.bearer.taken_away or status in _BEARER_STATUSES:
            return True
        if status == Status.DNS_ERROR:
            return failures >= 3
        if isinstance(failure, NoAnswerError) and failure.missing:
            return False  # the line lost bytes: the module is well
        stuck = isinstance(failure, NoAnswerError | CommandRefusedError)
        return stuck and failures >= 2


def is_modules_own(failure: HostError) -> bool:
    """Whether the module does not answer, or does not get onto the network."""
    if isinstance(failure, ModuleSilentError):
        return True
    return isinstance(failure, StepError) and failure.readies
