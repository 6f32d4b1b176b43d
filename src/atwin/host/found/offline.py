"""A module that answers and does not get onto the network: was it told to stay off it?"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.lenient import lenient
from atwin.host.errors import NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.host.channel.script import Script


@dataclass(frozen=True, slots=True)
class Find:
    """A state that `ask` shows by a line like `shows`; `undo` ends it within `deadline` seconds.

    It is asked for when a module has not been ready for `waited` seconds.
    """

    told: str
    waited: float
    ask: str
    shows: str
    undo: str
    deadline: float


#: Deadlines: docs/spec/network.md §1, general.md.
OFFLINE: tuple[Find, ...] = (
    Find(
        "its radio was off ({}): switched on",
        *(0.9, "AT+CFUN?", r"\+CFUN: [04]", "AT+CFUN=1", 45.0),
    ),
    Find(
        "it was to use no operator ({}): any again",
        *(3.9, "AT+COPS?", r"\+COPS: 2\b.*", "AT+COPS=0", 180.0),
    ),
    Find(
        "it was detached ({}): attached",
        *(4.9, "AT+CGATT?", r"\+CGATT: 0", "AT+CGATT=1", 108.0),
    ),
)


class Offline:
    """What was tried in one bring-up; `note` hears what was found and undone."""

    def __init__(self, script: Script, clock: Clock, note: Callable[[str], None]) -> None:
        self._script = script
        self._clock = clock
        self._note = note
        self._waited = 0.0
        self._left = list(OFFLINE)

    async def pause(self, seconds: float) -> None:
        """Wait between two questions, and undo what is due then. Raises `ModuleSilentError`."""
        await self._clock.sleep(seconds)
        self._waited += seconds
        while self._left and self._left[0].waited <= self._waited:
            find = self._left.pop(0)
            with suppress(NoAnswerError):
                reply = await self._script.ask(find.ask)
                match = reply.match(lenient(find.shows)) if reply.ok else None
                if match and (await self._script.ask(find.undo, deadline=find.deadline)).ok:
                    self._note(f"the module: {find.told.format(match[0])}")
