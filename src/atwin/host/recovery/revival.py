"""Brings a module up, by the ladder where it does not come by itself: `Modem.recover`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.host.errors import HostError, ModuleError, ModuleSilentError, NoAnswerError, StepError
from atwin.host.line import no_answer
from atwin.host.recovery.ladder import Ladder, wants_a_person
from atwin.host.recovery.recovery import Retry
from atwin.host.recovery.rungs import ResetCommand

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.recovery.board import Board
    from atwin.host.recovery.ladder import Climbed

#: Tries of AT until a module that was heard before counts as silent, once its time is up and
#: before, and seconds for each.
_LAST_LOOKS, _LOOKS, _LOOK_GAP = 2, 4, 0.5

#: Seconds in which each pin has its turn, a module that was off among them: it is searched on the
#: line, RESET and PWRKEY are held for their time, it starts and attaches.
_PINS_TIME = 30.0


async def recover(
    board: Board,
    give_up: float,
    note: Callable[[str], None] | None = None,
    *,
    restart: bool,
    climbed: list[Climbed],
) -> None:
    """As `Modem.recover` says. `climbed` gets the rungs, also those in vain."""
    ladder = Ladder(board, note, climbed)
    until = board.clock.now() + give_up
    failure: HostError | None = None
    while True:
        failure = await _why_not_up(board, until, failure)
        if failure is None and not restart:
            break
        if isinstance(failure, ModuleSilentError):
            ladder.skip_search()
        elif restart or failure is None:  # whatever is wrong, the card among it
            ladder.begin_with(ResetCommand)
        elif wants_a_person(failure):
            raise failure
        elif isinstance(failure, NoAnswerError):
            # A module that has fallen silent needs other rungs than one that left a question open.
            failure = await _silence(board, _LOOKS) or failure
        if await ladder.climb(failure, until):
            break
        restart = False
        # One that was never heard is not there, or has no power: better say so than wait.
        if not board.channel.answered or not await ladder.rest(Retry().longest, until):
            failure = ladder.exhausted(failure)
            if give_up < _PINS_TIME and isinstance(failure, ModuleSilentError) and board.driven:
                failure.add(f"the pins need --give-up {_PINS_TIME:g} at least to bring one back")
            raise failure
    ladder.worked()


async def _why_not_up(board: Board, until: float, before: HostError | None) -> HostError | None:
    """None when the module is on the network, with everything told to it.

    `before` is why it was not the last time: that is what to tell when the time is up.
    """
    left = max(0.0, until - board.clock.now())
    try:
        with board.limited(until):
            async with asyncio.timeout(left):
                await board.bring_up()
    except (StepError, ModuleSilentError) as failure:
        return failure
    except TimeoutError:
        if before is not None:
            return before
        if not board.channel.answered:
            return no_answer(board.channel.port.name, left)
        late = ModuleError(f"the module did not get onto the network in {left:g} s")
        return late.add("it does not answer AT now") if await _silence(board, _LAST_LOOKS) else late
    return None


async def _silence(board: Board, tries: int) -> ModuleSilentError | None:
    """Why AT is not answered; None where it is."""
    try:
        await board.channel.synchronise(tries, _LOOK_GAP)
    except ModuleSilentError as silent:
        return silent
    return None
