"""SIM commands (docs/spec/network.md §2)."""

from __future__ import annotations

import re
from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, Text
from atwin.at.reply import CmeError
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Chapter, Commands, Run

_PIN = re.compile(r"\d{4,8}")


class SimCommands(Commands):
    """The card: PIN, subscriber and card number (docs/spec/network.md §2)."""

    title = "SIM card"

    def __init__(self, run: Run) -> None:
        self._radio = run.find(Radio)
        self._identity = run.hardware.identity

    @command.read("+CPIN")
    def pin_state(self) -> str:
        """READY, SIM PIN, SIM PUK or SIM REMOVED; +CME ERROR 10 without a card, 14 at start."""
        return f"+CPIN: {self._radio.sim_state}"

    @command.set("+CPIN")
    def enter_pin(
        self,
        pin: Annotated[str, Text("pin")],
        new_pin: Annotated[str | None, Text("newpin")] = None,
    ) -> str:
        """Enter the PIN, or the PUK and a new PIN: 4 to 8 digits; +CME ERROR 16 when wrong."""
        if not all(_PIN.fullmatch(digits) for digits in (pin, new_pin or pin)):
            raise BadArgument(pin)
        sim = self._radio.sim
        match self._radio.sim_state:
            case "SIM PIN":
                right = sim.verify(pin)
            case "SIM PUK" if new_pin is None:
                raise CmeError(Cme.SIM_PUK_REQUIRED)
            case "SIM PUK":
                right = sim.unblock(pin, new_pin or "")
            case _:
                raise CmeError(Cme.NOT_ALLOWED)
        if not right:
            raise CmeError(Cme.WRONG_PASSWORD)
        self._radio.unlocked()
        return self.pin_state()

    @command.execute("+CIMI")
    def subscriber(self) -> str:
        """The subscriber's number (IMSI), 15 digits; needs the PIN."""
        if self._state() != "READY":
            raise CmeError(Cme.SIM_PIN_REQUIRED)
        return self._identity.imsi

    @command.execute("+CCID")
    def card(self) -> str:
        """The card's number (ICCID), bare, 20 digits."""
        self._state()
        return self._identity.iccid

    @command.execute("+ICCID")
    def card_named(self) -> str:
        """The card's number (ICCID), 20 digits."""
        return f"+ICCID: {self.card()}"

    def _state(self) -> str:
        state = self._radio.sim_state
        if state == "SIM REMOVED":
            raise CmeError(Cme.SIM_NOT_INSERTED)
        return state


CHAPTER = Chapter((SimCommands,))
