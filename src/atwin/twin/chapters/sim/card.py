"""The card: its state, PIN and lock, its numbers (docs/spec/network.md §2, general.md §4)."""

from __future__ import annotations

import re
from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.twin.board.sim import PIN
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Commands, Run

#: The only facility there is: the card's own lock.
_LOCK = "SC"
_OFF, _ON, _QUERY = range(3)
#: Seconds the card takes to change its lock.
_LOCK_TIME = 0.02

_APDU = re.compile(r"(?:[0-9A-Fa-f]{2})+")
#: Characters of an APDU: 5 bytes, 255 of data, and the length of an answer.
_LONGEST_APDU = 522
#: VERIFY of the PIN: without one it asks how many tries are left (ETSI TS 102 221 §11.1.9).
_VERIFY = re.compile(r"00200001(?:00)?")
_UNKNOWN_FILE, _BLOCKED, _DONE = "6A82", "6983", "9000"


class SimCommands(Commands):
    """The card: PIN, lock, subscriber and card number (docs/spec/network.md §2, general.md §4)."""

    title = "SIM card"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._identity = run.hardware.identity

    # --- PIN and lock ---------------------------------------------------------------------------

    @command.read("+CPIN")
    def pin_state(self) -> str:
        """READY, SIM PIN, SIM PUK or SIM REMOVED; +CME ERROR 10 without a card, 14 at start."""
        return f"+CPIN: {self._radio.sim_state}"

    @command.set("+CPIN")
    def enter_pin(
        self,
        pin: Annotated[str, Text("pin")],
        new_pin: Annotated[str | None, Text("newpin")] = None,
    ) -> str | None:
        """Enter the PIN, or the PUK and a new PIN: 4 to 8 digits; +CME ERROR 16 when wrong.

        The third wrong PIN in a row blocks the card: it asks for its PUK, and the tenth wrong PUK
        is its end (+CME ERROR 13). The tries are the card's: no restart gives them back.
        """
        if not all(PIN.fullmatch(digits) for digits in (pin, new_pin or pin)):
            raise BadArgument("4 to 8 digits")
        sim = self._radio.sim
        match self._radio.sim_state:
            case "SIM PIN" if new_pin is None:
                right = sim.verify(pin)
            case "SIM PUK" if new_pin is None:
                raise CmeError(Cme.SIM_PUK_REQUIRED)
            case "SIM PIN" | "SIM PUK":
                right = sim.unblock(pin, new_pin or "")
            case _:
                raise CmeError(Cme.NOT_ALLOWED)
        if not right:
            raise CmeError(Cme.WRONG_PASSWORD)
        self._radio.unlocked()
        return self.pin_state() if self.run.profile.has("cpin_set_echo") else None

    @command.set("+CLCK")
    async def lock(
        self,
        facility: Annotated[str, Text("fac")],
        mode: Annotated[int, Range(0, 2)],
        pin: Annotated[str | None, Text("pin")] = None,
    ) -> str | None:
        """Let the card ask for its PIN from the next start on (1), or not (0); 2 queries that.

        The facility is SC; another one is +CME ERROR 4.
        """
        self._needs_lock(facility)
        if mode == _QUERY:
            return f"+CLCK: {int(self._radio.sim.asks)}"
        if pin is None:
            raise BadArgument("a PIN must be given")
        await self.run.hardware.pause(_LOCK_TIME)
        self._verify(pin)
        self._radio.sim.lock(mode == _ON)
        return None

    @command.test("+CLCK")
    def facilities(self) -> str:
        """The only facility."""
        return f'+CLCK: ("{_LOCK}")'

    @command.set("+CPWD")
    def change_pin(
        self,
        facility: Annotated[str, Text("fac")],
        old: Annotated[str, Text("oldpin")],
        new: Annotated[str, Text("newpin")],
    ) -> None:
        """Change the PIN: 4 to 8 digits; only while the card asks for it at each start (CLCK)."""
        self._needs_lock(facility)
        if not self._radio.sim.asks:
            raise CmeError(Cme.NOT_ALLOWED)
        if not PIN.fullmatch(new):
            raise CmeError(Cme.WRONG_PASSWORD)
        self._verify(old)
        self._radio.sim.change(new)

    @command.test("+CPWD")
    def passwords(self) -> str:
        """The only facility, and the digits of its longest PIN."""
        return f'+CPWD: ("{_LOCK}",8)'

    def _needs_lock(self, facility: str) -> None:
        if facility.upper() != _LOCK:
            raise CmeError(Cme.NOT_SUPPORTED)
        self._state()

    def _verify(self, pin: str) -> None:
        if self._state() == "SIM PUK":
            raise CmeError(Cme.SIM_PUK_REQUIRED)
        if not PIN.fullmatch(pin) or not self._radio.sim.verify(pin):
            raise CmeError(Cme.WRONG_PASSWORD)

    # --- numbers --------------------------------------------------------------------------------

    @command.execute("+CIMI")
    def subscriber(self) -> str:
        """The subscriber's number (IMSI), 15 digits; needs the PIN."""
        self._needs_pin()
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

    @command.execute("+CNUM")
    def telephone(self) -> Reply:
        """The telephone numbers on the card: there are none."""
        self._needs_pin()
        return Reply()

    @command.execute("+MNCC", needs="mncc")
    def operator(self) -> str:
        """Country and operator of the network: `mcc:460,mnc:00`."""
        plmn = self._radio.cell.plmn
        return f"mcc:{plmn[:3]},mnc:{plmn[3:]}"

    @command.set("+CSIM")
    def exchange(
        self,
        length: Annotated[int, Range(10, _LONGEST_APDU)],
        apdu: Annotated[str, Text("command", _LONGEST_APDU)],
    ) -> str:
        """Send the card a command, in hexadecimal digits of that number; its answer.

        The card of a twin reports the tries left (VERIFY without a PIN), and has no files.
        """
        if len(apdu) != length or not _APDU.fullmatch(apdu):
            raise BadArgument("as many digits as the length says")
        self._state()
        sim = self._radio.sim
        answer = _UNKNOWN_FILE
        if _VERIFY.fullmatch(apdu):
            left = f"63C{sim.tries_left}" if sim.tries_left else _BLOCKED
            answer = _DONE if self._radio.sim_usable and not sim.blocked else left
        return f'+CSIM: {len(answer)},"{answer}"'

    def _needs_pin(self) -> None:
        state = self._state()
        if state != "READY":
            puk = state == "SIM PUK"
            raise CmeError(Cme.SIM_PUK_REQUIRED if puk else Cme.SIM_PIN_REQUIRED)

    def _state(self) -> str:
        state = self._radio.sim_state
        if state == "SIM REMOVED":
            raise CmeError(Cme.SIM_NOT_INSERTED)
        return state
