"""Settings of the network that are kept and read, and have no effect (docs/spec/general.md §5)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, OneOf, Range, Tail
from atwin.twin.engine.run import Commands, Run

#: The LTE bands of these modules.
_BANDS = (1, 3, 5, 8, 34, 38, 39, 40, 41)
_BANDS_SHOWN = ",".join(map(str, _BANDS))


class AnsweredNetworkCommands(Commands):
    """Settings that are kept in RAM and read back (docs/spec/general.md §5)."""

    title = "Network settings without effect"
    effect = False

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._config = (2, 0, 1, 1)
        self._ims = 2
        self._engineering = 0
        self._bands = _BANDS_SHOWN

    @command.read("^SYSCONFIG")
    def config(self) -> str:
        """Mode, order, roaming, domain."""
        return "^SYSCONFIG: " + ",".join(map(str, self._config))

    @command.set("^SYSCONFIG", plain_errors=True)
    def set_config(
        self,
        mode: Annotated[int, OneOf(2, 16)],
        order: Annotated[int, Range(0, 3)],
        roaming: Annotated[int, Range(0, 2)],
        domain: Annotated[int, Range(0, 4)],
    ) -> None:
        """Mode, order, roaming, domain."""
        self._config = (mode, order, roaming, domain)

    @command.test("^SYSCONFIG")
    def config_values(self) -> str:
        """The values that have a meaning."""
        return "^SYSCONFIG: (2),(0),(0-2),(1)"

    @command.read("^CACAP")
    def capability(self) -> str:
        """What the module can do."""
        return "+CACAP: 7"

    @command.test("^CACAP")
    def capability_values(self) -> str:
        """The values of AT^CACAP?."""
        return "+CACAP:(0-7)"

    @command.read("+CIREG", needs="cireg")
    def ims(self) -> str:
        """Report mode and state of the IMS registration: 0, not registered."""
        return f"+CIREG: {self._ims},0"

    @command.set("+CIREG", needs="cireg")
    def report_ims(self, mode: Annotated[int, OneOf(0, 1)]) -> None:
        """Report the IMS registration (1) or not (0): it never changes."""
        self._ims = mode

    @command.read("+EEMOPT", needs="eemginfo")
    def engineering(self) -> str:
        """The mode of AT+EEMOPT."""
        return f"+EEMOPT: {self._engineering}"

    @command.set("+EEMOPT", needs="eemginfo")
    def set_engineering(self, mode: Annotated[int, OneOf(0, 1)]) -> None:
        """Let AT+EEMGINFO? look for neighbours (1) or not (0): it always does."""
        self._engineering = mode

    @command.read("+ECBAND", needs="ecband")
    def bands(self) -> str:
        """The bands that may be used."""
        return f"+ECBAND: {self._bands}"

    @command.set("+ECBAND", needs="ecband")
    def set_bands(self, bands: Annotated[Argument, Tail("bands")]) -> None:
        """The bands that may be used."""
        numbers = bands.text.split(",")
        if any(number not in _BANDS_SHOWN.split(",") for number in numbers):
            raise BadArgument(bands.text)
        self._bands = bands.text

    @command.test("+ECBAND", needs="ecband")
    def bands_known(self) -> str:
        """The bands there are."""
        return f"+ECBAND: ({_BANDS_SHOWN})"
