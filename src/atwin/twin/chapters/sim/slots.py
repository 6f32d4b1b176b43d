"""Where the card is: hot plug, two slots, what the module has instead (docs/spec/general.md §4)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, OneOf, Text
from atwin.at.reply import CmeError, Reply
from atwin.twin.chapters.network.radio import FULL, Radio
from atwin.twin.engine.run import Commands, Run


class SlotCommands(Commands):
    """Hot plug, and the two slots: the second one is empty (docs/spec/general.md §4)."""

    title = "SIM slots"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)

    @command.read("+CSDT")
    def hot_plug(self) -> str:
        """Whether changes are reported, and the level that means inserted."""
        enabled, level = self.run.settings.csdt
        return f"+CSDT: {enabled},{level}"

    @command.set("+CSDT")
    def set_hot_plug(
        self,
        enabled: Annotated[int, OneOf(0, 1)],
        level: Annotated[int | None, OneOf(0, 1)] = None,
    ) -> None:
        """Report a card that comes or goes by a URC +CPIN (1), or do not (0); AT&W saves it.

        The level of the switch that means inserted is 1 (high) or 0: the twin's switch is wired
        as it is said here.
        """
        before = self.run.settings.csdt
        self.run.settings.csdt = (enabled, before[1] if level is None else level)

    @command.test("+CSDT")
    def hot_plug_values(self) -> str:
        """What AT+CSDT takes first."""
        return "+CSDT: (0,1)"

    @command.set("*SIMDETEC", test=True)
    def detect(self, slot: Annotated[int, OneOf(1, 2)]) -> str:
        """Whether there is a card in a slot: SIM or NOS."""
        present = self.run.hardware.sims[slot - 1].present
        return f"*SIMDETEC: {slot},{'SIM' if present else 'NOS'}"

    @command.read("+SIMCROSS")
    def used_slot(self) -> str:
        """The slot that is used, 0 or 1."""
        return f"+SIMCROSS:{self._radio.choice.slot}"

    @command.set("+SIMCROSS")
    def use_slot(self, slot: Annotated[int, OneOf(0, 1)]) -> str:
        """Use the card of slot 0 or 1; only in AT+CFUN=0 or 4. It is kept."""
        if self._radio.functionality == FULL:
            raise CmeError(Cme.NOT_ALLOWED)
        self._radio.use_slot(slot)
        return self.used_slot()

    @command.test("+SIMCROSS")
    def slots(self) -> str:
        """The slots."""
        return "+SIMCROSS:(0,1)"


class SlotNotes(Commands):
    """What is kept for real modules alone, and shown (docs/spec/general.md §4)."""

    title = "SIM notes"
    effect = False

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._nvram = run.hardware.nvram

    @command.read("*SIMAUTO")
    def automatic(self) -> str:
        """The value that is kept."""
        return f"*SIMAUTO: {self._radio.choice.auto}"

    @command.set("*SIMAUTO", test=True)
    def set_automatic(self, mode: Annotated[int, OneOf(0, 1, 2)]) -> None:
        """Choose the slot at a start by oneself; kept, and without effect on a twin."""
        self._radio.choice.choose(self._nvram, auto=mode)

    @command.read("+ECSIMCFG", needs="ecsimcfg")
    def configuration(self) -> Reply:
        """Five names with their values, a line each."""
        choice = self._radio.choice
        values = {
            "SimSimulator": 0,
            "SimPowerSave": 1,
            "SimPresenceDetect": self.run.profile.value("sim_presence_detect"),
            "SimSlot": choice.slot,
            "SoftSim": choice.soft,
        }
        return Reply(tuple(f'+ECSIMCFG: "{name}",{value}' for name, value in values.items()))

    @command.set("+ECSIMCFG", needs="ecsimcfg")
    def configure(
        self,
        name: Annotated[str, Text("name")],
        value: Annotated[int, OneOf(0, 1)],
    ) -> None:
        """Set SoftSim to 0 or 1: kept, and without effect on a twin."""
        if name.upper() != "SOFTSIM":
            raise BadArgument(name)
        self._radio.choice.choose(self._nvram, soft=value)
