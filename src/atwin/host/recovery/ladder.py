"""The ladder: rung by rung until the module is on the network again."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.host.errors import (
    CommandRefusedError,
    HostError,
    LineLostError,
    ModuleError,
    ModuleSilentError,
)
from atwin.host.recovery.rungs import ANSWERING, PDP_REBUILDS, SILENT, FindLine
from atwin.line.errors import PortError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.recovery.board import Board
    from atwin.host.recovery.rungs import Rung

log = logging.getLogger(__name__)


#: Refusals of the SIM that nothing on the ladder changes (spec: cme.tsv).
_SIM_WANTS_A_PERSON = (Cme.SIM_NOT_INSERTED, Cme.SIM_PIN_REQUIRED, Cme.SIM_PUK_REQUIRED)


def wants_a_person(failure: Exception | None) -> bool:
    """Whether the SIM is out or locked."""
    return isinstance(failure, CommandRefusedError) and (
        failure.code in _SIM_WANTS_A_PERSON or "SIM REMOVED" in str(failure)
    )


@dataclass(slots=True)
class Climbed:
    """A rung that was climbed: `seconds` of the clock, what was wrong (None: the module is back).

    `helped` is set when what had failed before worked after it.
    """

    rung: str
    seconds: float
    failure: str | None
    helped: bool = False


class Ladder:
    """Remembers how far up it is until `worked` says that all is well."""

    def __init__(self, board: Board, note: Callable[[str], None] | None = None) -> None:
        self.board = board
        #: Hears the name of each rung before it is climbed.
        self.note = note or log.info
        #: Every rung climbed, in order.
        self.climbed: list[Climbed] = []
        self._silent = False
        self._next = 0
        self._verdict: Exception | None = None  # nothing on the ladder changes that

    def worked(self) -> None:
        """All is well: the last rung helped, and the next failure starts at the bottom."""
        if self._next and self.climbed and self.climbed[-1].failure is None:
            self.climbed[-1].helped = True
        self._silent, self._next = False, 0

    def skip_search(self) -> None:
        """The line was searched just now, in vain: a silent module needs something stronger."""
        self._silent, self._next = True, SILENT.index(FindLine) + 1

    def begin_with(self, rung: type[Rung]) -> None:
        """Let the next climb begin higher up."""
        self._silent, self._next = False, ANSWERING.index(rung)

    async def climb(self, failure: HostError | None, until: float, *, gently: bool = False) -> bool:
        """Rungs, from where the last climb ended, until one leaves a module on the network.

        `failure` tells where to begin: a silent module is not asked for a new PDP. `until` is the
        clock's time to stop at. `gently` builds a new PDP at most. False when no rung is left, or
        time. Raises `LineLostError`.
        """
        self._heed(failure)
        while (rung := self._take(gently=gently)) is not None:
            left = until - self.board.clock.now()
            if left <= 0:
                return False
            outcome = await self._try(rung, min(rung.deadline, left))
            if outcome is None:
                return True
            if wants_a_person(outcome):
                self._verdict = outcome
                return False
            self._heed(outcome)
        return False

    def exhausted(self, failure: HostError | None) -> HostError:
        """`failure`, or that of the last rung, told what was tried in vain and what could be."""
        if isinstance(self._verdict, HostError):
            return self._verdict
        last = self.climbed[-1].failure if self.climbed else None
        error = failure or ModuleError(f"the module did not come back: {last}")
        if self.climbed:
            tried = ", ".join(dict.fromkeys(rung.rung for rung in self.climbed))
            error.add(f"tried in vain: {tried}")
        if not self.board.driven:
            error.add("with RESET, PWRKEY or supply wired, --pins can go further")
        return error

    async def _try(self, rung: Rung, seconds: float) -> Exception | None:
        """None when the module is back, and otherwise why it is not."""
        self.note(rung.name)
        began = self.board.clock.now()
        outcome: Exception | None = None
        try:
            async with asyncio.timeout(seconds):
                await rung.climb(self.board)
        except LineLostError:
            raise
        except (HostError, PortError, TimeoutError) as error:
            outcome = error
        why = None if outcome is None else str(outcome) or f"not done in {seconds:.0f} s"
        self.climbed.append(Climbed(rung.name, self.board.clock.now() - began, why))
        log.info("%s: %s", rung.name, why or "the module is back")
        return outcome

    def _heed(self, failure: Exception | None) -> None:
        """A module that falls silent needs other rungs, from their bottom up."""
        if isinstance(failure, ModuleSilentError) and not self._silent:
            self._silent, self._next = True, 0

    def _take(self, *, gently: bool) -> Rung | None:
        """The next rung there are the means for."""
        rungs = SILENT if self._silent else ANSWERING[: PDP_REBUILDS if gently else None]
        driven = self.board.driven
        while self._next < len(rungs):
            rung = rungs[self._next]
            self._next += 1
            if rung.needs <= driven:
                return rung()
        return None
