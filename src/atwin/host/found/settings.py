"""The settings a module was found with, to be given back at the end.

Somebody may type at it next, who would miss the echo, and hear nothing at all if flow control by
wires were left on where none are.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.at.lenient import lenient
from atwin.host.channel.script import Script
from atwin.host.errors import HostError, LineLostError, NoAnswerError

if TYPE_CHECKING:
    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Reply

log = logging.getLogger("atwin.host")

#: Seconds the giving back may take: whoever interrupts a program wants to leave.
_DEADLINE = 3.0

_IFC = lenient(r"\+IFC: (\d), (\d)")
_AUTO_BAUD = lenient(r"\+IPR: 0")
_CMEE = lenient(r"\+CMEE: (\d)")


class Found:
    """What bring-up is about to change, as it was."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._script = Script("settings", channel)
        self._looked = False
        self._back: list[str] = []

    async def look(self, *, flow: bool, rate: bool) -> None:
        """Ask for it, once: a later bring-up finds what an earlier one has set.

        `flow` and `rate` tell whether these are going to be changed; of the rate it is auto-baud
        that would be lost. What the module does not tell is not given back, but for flow control.
        Raises `ModuleSilentError`, `LineLostError`.
        """
        if self._looked:
            return
        self._looked = True
        if (reply := await self._ask("AT+CMEE?")) is not None:
            match = reply.match(_CMEE)
            if match and match[1] != "1":
                self._back.append(f"AT+CMEE={match[1]}")
            if reply.echoed:
                self._back.append("ATE1")
        if flow:
            match = reply.match(_IFC) if (reply := await self._ask("AT+IFC?")) else None
            # Without an answer, no flow control: every line works with that.
            self._back.append(f"AT+IFC={match[1]},{match[2]}" if match else "AT+IFC=0,0")
        if rate and (reply := await self._ask("AT+IPR?")) and reply.match(_AUTO_BAUD):
            self._back.append("AT+IPR=0")

    async def _ask(self, command: str) -> Reply | None:
        with suppress(NoAnswerError):
            return await self._script.ask(command)
        return None

    async def give_back(self) -> None:
        """Set it again. A module too busy to answer soon is told, and not waited for."""
        try:
            # Not asyncio.timeout: up to Python 3.11.2 it is no TimeoutError in a cancelled task.
            await asyncio.wait_for(self._tell(), _DEADLINE)
        except LineLostError:
            pass
        except (HostError, TimeoutError) as error:
            log.info("settings sent to a module that does not answer: %s", repr(error))
            for command in self._back:
                self._channel.send_blind(command)
        self._back.clear()

    async def _tell(self) -> None:
        while self._back:
            await self._script.ask(self._back[0])
            del self._back[0]
