"""Inputs of the converter, free pins, and their voltage (docs/spec/general.md §2)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, OneOf, Range
from atwin.at.reply import CmeError
from atwin.twin.board.gpio import FLOAT, PINS
from atwin.twin.engine.run import Commands, Run

_OFF, _ON, _READ = range(3)
_IN, _OUT = range(2)


class PinCommands(Commands):
    """The converter and the free pins (docs/spec/general.md §2)."""

    title = "Free pins"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._gpio = run.hardware.gpio
        #: Inputs of the converter that are switched on.
        self._adc: set[int] = set()

    @command.set("+CADC", needs="free_pins")
    def convert(
        self, channel: Annotated[int, OneOf(0, 1)], action: Annotated[int, OneOf(0, 1, 2)]
    ) -> str | None:
        """Switch an input of the converter off (0) or on (1), or read its mV (2)."""
        if action == _READ:
            if channel not in self._adc:
                raise CmeError(Cme.NOT_ALLOWED)
            return f"+CADC: {channel},{self.run.hardware.surroundings.adc[channel]}"
        (self._adc.add if action == _ON else self._adc.discard)(channel)
        return None

    @command.set("+CGPIO", needs="free_pins")
    def pin(
        self,
        mode: Annotated[int, OneOf(_IN, _OUT)],
        pin: Annotated[int, Range(0, PINS[-1])],
        value: Annotated[int, Range(0, FLOAT)],
    ) -> str:
        """Read a pin (0) with its pull: 0 down, 1 up, 2 none; or drive it (1) low or high.

        The answer has its level.
        """
        if mode == _OUT:
            if value == FLOAT:
                raise BadArgument("an output is 0 or 1")
            self._gpio.output(pin, value)
        else:
            value = self._gpio.read(pin, value)
        return f"+CGPIO: {mode},{pin},{value}"

    @command.set("+IOSET", needs="ioset")
    def set_voltage(self, voltage: Annotated[int, OneOf(0, 1, 2)]) -> None:
        """Voltage of the pins."""
        self._gpio.voltage = voltage

    @command.read("+IOSET", needs="ioset")
    def voltage(self) -> str:
        """Voltage of the pins."""
        return f"+IOSET: {self._gpio.voltage}"

    @command.test("+IOSET", needs="ioset")
    def voltages(self) -> str:
        """What AT+IOSET takes."""
        return "+IOSET: <0,1,2>"
