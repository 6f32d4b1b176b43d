"""A module that sleeps by itself misses what it is sent after a pause (docs/spec/general.md §1.2).

The host leaves AT+CSCLK as it is, and sends `AT` until the module is awake (D-192).
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from atwin.at.lenient import lenient
from atwin.line.port import PortError, SettablePort

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.host.channel.channel import Channel
    from atwin.host.channel.doubt import Doubt
    from atwin.host.channel.exchange import Reply

log = logging.getLogger("atwin.host")

#: The mode of AT+CSCLK in which DTR held low keeps the module awake.
_BY_DTR = 1
#: Seconds without a byte after which a module that may sleep is woken, and after which one is asked
#: whether it may: WAKETIM is half a second or more, and one as long as nobody has said.
_PAUSE, _LONG_PAUSE = 0.4, 0.9
#: Tries of `AT`, and seconds for each: a line that is lost ends with 0.1 s of silence.
_TRIES, _GAP = 30, 0.3
#: The same where answers of earlier commands may be under way.
_PATIENT_TRIES, _PATIENT_GAP = 10, 1.0
#: Seconds for an answer of a module that may be asleep, and of one that has just answered: some
#: are seconds late with everything.
_PATIENCE, _LONG_PATIENCE = 3.5, 9.0
#: Seconds that DTR is low before the module is sent something.
_DTR_LOW = 0.1

_NAME = "+CSCLK"
_MODE = lenient(r"\+CSCLK: (\d)")
_SETS = re.compile(r"\+CSCLK\s*=\s*(\d)", re.IGNORECASE)


class Waking:
    """Whether the module of a channel may be asleep, and how it is woken."""

    def __init__(
        self,
        channel: Channel,
        doubt: Doubt,
        ask: Callable[[str, float], Awaitable[Reply | None]],
    ) -> None:
        """`ask`: the answer to a command within that many seconds; None for none."""
        #: Hears what is found out.
        self.note: Callable[[str], None] = log.info
        #: Whether DTR may be driven: on some boards it is wired to another pin.
        self.may_drive_dtr = True
        self._channel = channel
        self._doubt = doubt
        self._ask = ask
        self._mode = 0
        self._known_in: int | None = None  # `restarts` at which the mode was told
        self._told_in: int | None = None  # and a person that it sleeps
        self._holds_dtr = False

    def is_due(self, pause: float) -> bool:
        """Whether there is something to do before a command that follows after `pause` seconds."""
        return self._doubt.there or self._doubt.unanswered > 0 or pause >= _PAUSE

    async def get_ready(self) -> None:
        """The next command will be heard. Raises as `Channel.synchronise` does."""
        if self._doubt.there:
            await self._doubt.synchronise(_PATIENT_TRIES, _PATIENT_GAP)
        elif self._may_sleep:
            if self._pause >= _PAUSE:
                await self._doubt.synchronise(_TRIES, _GAP)
                if not self._is_known:
                    await self._learn(_PATIENCE)
        elif not self._is_known and self._channel.answered and self._pause >= _LONG_PAUSE:
            await self._learn(_PATIENCE)
        if (lost := self._doubt.unanswered) and not self._doubt.there:
            self._doubt.unanswered = 0
            if not self._is_known:
                await self._learn(_LONG_PATIENCE)
            if self._may_sleep:
                await self._tell(lost)

    def hear(self, sent: str, reply: Reply) -> None:
        """A command and its answer: one about sleep says what holds from now on."""
        if _NAME not in sent.upper() or not reply.ok:
            return
        if said := reply.match(_MODE) or _SETS.search(sent):
            self._mode, self._known_in = int(said[1]), self._channel.restarts

    async def pull_dtr(self) -> bool:
        """Hold DTR low until the end, where the port has it; whether that is done now.

        Most ports hold it low from the start.
        """
        port = self._channel.port
        if self._holds_dtr or not self.may_drive_dtr or not isinstance(port, SettablePort):
            return False
        try:
            await port.set_output("dtr", True)
        except PortError:
            return False
        self._holds_dtr = True
        await self._channel.clock.sleep(_DTR_LOW)
        return True

    async def let_go(self) -> None:
        """The module may sleep as it was set to."""
        port = self._channel.port
        if self._holds_dtr and isinstance(port, SettablePort):
            self._holds_dtr = False
            try:
                await port.set_output("dtr", False)
            except PortError as error:
                log.info("DTR is not let go: %s", error)

    @property
    def _pause(self) -> float:
        return self._channel.clock.now() - self._channel.active_at

    @property
    def _is_known(self) -> bool:
        return self._known_in == self._channel.restarts

    @property
    def _may_sleep(self) -> bool:
        return self._mode > 0 and not (self._mode == _BY_DTR and self._holds_dtr)

    async def _learn(self, patience: float) -> None:
        """Ask for the mode, once a boot; a module that does not tell it does not sleep."""
        for _ in range(2):
            self._known_in = self._channel.restarts
            reply = await self._ask("AT+CSCLK?", patience)
            if reply is not None:
                if not (reply.ok and reply.match(_MODE)):
                    self._mode = 0
                return
            # It may have slept.
            await self._doubt.synchronise(_PATIENT_TRIES, _PATIENT_GAP)

    async def _tell(self, lost: int) -> None:
        lines = "a line" if lost == 1 else f"{lost} lines"
        how = "AT wakes it after each pause"
        if self._mode == _BY_DTR and await self.pull_dtr():
            how = "DTR, held low, keeps it awake"
        tell = log.info if self._told_in == self._known_in else self.note
        self._told_in = self._known_in
        tell(f"the module slept: it did not hear {lines} (AT+CSCLK={self._mode}); {how}")
