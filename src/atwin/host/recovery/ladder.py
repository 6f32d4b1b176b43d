"""The ladder: rung by rung until the module is on the network again."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.host.errors import (
    ApnMissingError,
    CommandRefusedError,
    HostError,
    LineLostError,
    ModuleError,
    ModuleSilentError,
    WantsPersonError,
)
from atwin.host.recovery.rungs import (
    ANSWERING,
    PDP_REBUILDS,
    REGISTERING,
    SILENT,
    FindLine,
)
from atwin.line.port import PortError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.recovery.board import Board
    from atwin.host.recovery.rungs import Rung
    from atwin.line.pins import Pin

log = logging.getLogger("atwin.host")

#: Seconds from the last rung to the first one of the next round, each time twice as many: whoever
#: waits for a network must not restart the module, and attach, all the time.
_BETWEEN_ROUNDS = 60.0

#: What a person calls the pins, in the order the ladder uses them.
_WIRES: dict[Pin, str] = {"reset": "RESET", "power_key": "PWRKEY", "supply": "the supply"}

#: Refusals of the SIM that nothing on the ladder changes (docs/spec/uart.md §9).
_SIM_WANTS_A_PERSON = (Cme.SIM_NOT_INSERTED, Cme.SIM_PIN_REQUIRED, Cme.SIM_PUK_REQUIRED)


def wants_a_person(failure: Exception | None) -> bool:
    """Whether the SIM is out or locked, or whoever asked said so."""
    return isinstance(failure, WantsPersonError) or (
        isinstance(failure, CommandRefusedError) and failure.code in _SIM_WANTS_A_PERSON
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

    def __init__(
        self,
        board: Board,
        note: Callable[[str], None] | None = None,
        climbed: list[Climbed] | None = None,
    ) -> None:
        self.board = board
        #: Hears the name of each rung before it is climbed.
        self.note = note or log.info
        #: Every rung climbed, in order.
        self.climbed: list[Climbed] = [] if climbed is None else climbed
        self._silent = False
        self._next = 0
        self._asked = False  # somebody asked for a restart
        self._wants_apn = False  # that is the last failure: no reset gives a card its APN
        self._in_vain = 0  # index of the first rung since all was well
        self._round_gap = _BETWEEN_ROUNDS
        self._again_at: float | None = None  # after the last rung: when the next round begins
        self._verdict: Exception | None = None  # nothing on the ladder changes that

    def worked(self) -> None:
        """All is well: the last rung helped, and the next failure starts at the bottom."""
        if self._next and self.climbed and self.climbed[-1].failure is None:
            self.climbed[-1].helped = True
        self._silent, self._next, self._in_vain = False, 0, len(self.climbed)
        self._round_gap, self._again_at = _BETWEEN_ROUNDS, None
        self._asked = False

    @property
    def spent(self) -> bool:
        """Whether every rung has been climbed since all was well."""
        return self._next >= len(SILENT if self._silent else ANSWERING)

    @property
    def failing(self) -> bool:
        """Whether the last rung since all was well did not bring the module back."""
        in_vain = self.climbed[self._in_vain :]
        return bool(in_vain) and in_vain[-1].failure is not None

    async def rest(self, seconds: float, until: float) -> bool:
        """After the last rung: wait so long for what may pass by itself.

        That is a tunnel, a cell that is down, somebody who looks after the supply. False when
        there is no time left for that, or it wants a person for sure.
        """
        now = self.board.clock.now()
        if self._verdict is not None or now >= until:
            return False
        if self._again_at is None:
            self._again_at = now + self._round_gap
            self._round_gap *= 2
        await self.board.clock.sleep(min(seconds, until - now))
        return True

    def skip_search(self) -> None:
        """The line was searched just now, in vain: a silent module needs something stronger."""
        self._silent, self._next = True, SILENT.index(FindLine) + 1

    def begin_with(self, rung: type[Rung]) -> None:
        """Let the next climb begin higher up, whatever it is that failed."""
        self._silent, self._next, self._asked = False, ANSWERING.index(rung), True

    async def climb(self, failure: HostError | None, until: float, *, gently: bool = False) -> bool:
        """Rungs, from where the last climb ended, until one leaves a module on the network.

        `failure` says where to begin: a silent module is not asked for a new PDP. `until` is the
        clock's time to stop at. `gently` builds a new PDP at most, as long as that can be built.
        False when no rung is left, or time; some time after the last rung a new round begins.
        Raises `LineLostError`.
        """
        if self._again_at is not None:
            if self.board.clock.now() < self._again_at:
                return False
            self._again_at, self._silent, self._next, self._asked = None, False, 0, False
        self._heed(failure)
        while (rung := self._take(gently=gently)) is not None:
            left = until - self.board.clock.now()
            if left <= 0:
                return False
            with self.board.limited(until):
                outcome = await self._try(rung, min(rung.deadline, left))
            if outcome is None:
                return True
            if wants_a_person(outcome):
                self._verdict = outcome
                return False
            # A module that does not even get its bearer back is itself the trouble.
            gently = False
            self._heed(outcome)
        return False

    def exhausted(self, failure: HostError | None) -> HostError:
        """`failure`, or that of the last rung, told what was tried in vain and what could be."""
        if isinstance(self._verdict, HostError):
            return self._verdict
        in_vain = self.climbed[self._in_vain :]
        last = in_vain[-1].failure if in_vain else None
        error = failure or ModuleError(f"the module did not come back: {last}")
        if in_vain:
            tried = ", ".join(dict.fromkeys(rung.rung for rung in in_vain))
            error.add(f"tried in vain: {tried}")
        if in_vain or isinstance(error, ModuleSilentError):
            wires = [wire for pin, wire in _WIRES.items() if pin not in self.board.driven]
            if wires:
                error.add(f"with {' or '.join(wires)} wired, --pins can go further")
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
        self._wants_apn = isinstance(failure, ApnMissingError)
        if isinstance(failure, ModuleSilentError) and not self._silent:
            self._silent, self._next = True, 0

    def _take(self, *, gently: bool) -> Rung | None:
        """The next rung there are the means for."""
        registers = self._wants_apn and not self._asked
        end = PDP_REBUILDS if gently else REGISTERING if registers else None
        rungs = SILENT if self._silent else ANSWERING[:end]
        driven = self.board.driven
        while self._next < len(rungs):
            rung = rungs[self._next]
            self._next += 1
            if rung.needs <= driven:
                return rung()
        return None
