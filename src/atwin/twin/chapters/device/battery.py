"""AT+CBC: the voltage at VBAT, and what it must not fall below (docs/spec/general.md §2)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.dialect.urcs import PowerDown
from atwin.at.kinds import Range
from atwin.twin.board.battery import HIGHEST, Thresholds
from atwin.twin.engine.run import ChapterService, Commands, Run

#: Not charging.
_CHARGING = 0


class BatteryCommands(Commands):
    """The battery (docs/spec/general.md §2)."""

    title = "Battery"

    @command.execute("+CBC")
    def battery(self) -> str:
        """The voltage in mV; some models show the state of charge and per cent before it."""
        around = self.run.hardware.surroundings
        if self.run.profile.has("cbc_percent"):
            return f"+CBC: {_CHARGING},{around.charge},{around.voltage}"
        return f"+CBC: {around.voltage}"

    @command.set("+CBC")
    def set_thresholds(
        self, on: Annotated[int, Range(0, HIGHEST)], off: Annotated[int, Range(0, HIGHEST)]
    ) -> None:
        """Voltages in mV below which the module does not start, and switches off; 0 means none.

        They are kept by themselves.
        """
        hardware = self.run.hardware
        Thresholds(on, off).store(hardware.nvram)
        # When its line has been answered.
        hardware.clock.call_later(0, lambda: Battery.surrounded(self.run, "voltage"))

    @command.read("+CBC")
    def thresholds(self) -> str:
        """Both voltages."""
        kept = Thresholds.boot(self.run.hardware.nvram)
        return f"+CBC: {kept.on},{kept.off}"


class Battery(ChapterService):
    """What a low voltage does."""

    @classmethod
    def surrounded(cls, run: Run, name: str) -> None:
        """Switch off where the voltage is too low now."""
        hardware = run.hardware
        if (
            name == "voltage"
            and hardware.surroundings.voltage < Thresholds.boot(hardware.nvram).off
        ):
            run.urc(PowerDown())
            run.power.switch_off("low voltage")
