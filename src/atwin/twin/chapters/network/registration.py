"""Registration: AT+CREG, CGREG, CEREG (docs/spec/network.md §2)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.kinds import OneOf
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Commands, Run


class RegistrationCommands(Commands):
    """Whether and where the module is registered (docs/spec/network.md §2)."""

    title = "Registration"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self.values = run.settings
        #: One firmware answers AT+CEREG? with another name, and in upper case.
        self._cereg = "+CGREG" if run.profile.has("cereg_as_cgreg") else "+CEREG"
        self._upper = run.profile.has("cereg_upper")

    creg = command.Setting(
        "+CREG",
        "mode",
        OneOf(0, 1, 2, 3),
        "Report changes as URCs: 0 not, 1 the state, 2 and 3 with area and cell.",
        read="Report mode and state: 0 none, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming.",
        bare=0,
    )
    cgreg = command.Setting(
        "+CGREG",
        "mode",
        OneOf(0, 1, 2, 3, 4, 5),
        "Report changes as URCs: 0 not, 1 the state, 2 to 5 with area and cell.",
        read="Report mode and packet registration state, as in AT+CREG?.",
        bare=0,
    )

    def value_shown(self, field: str) -> str:
        mode = getattr(self.values, field)
        return f"{mode},{self._radio.registration(mode)}"

    @command.set("+CEREG", bare=True)
    def set_cereg(self, mode: Annotated[int, OneOf(0, 1, 2, 3, 4, 5)] = 0) -> None:
        """Report changes as URCs: 0 not, 1 the state, 2 to 5 with area and cell."""
        self.run.settings.cereg = mode

    @command.read("+CEREG")
    def cereg(self) -> str:
        """Report mode and LTE registration state, as in AT+CREG?; some firmware says +CGREG:."""
        value = self.value_shown("cereg")
        return f"{self._cereg}: {value.upper() if self._upper else value}"

    @command.test("+CEREG")
    def cereg_modes(self) -> str:
        """The modes of AT+CEREG, under the name of its read form."""
        return f"{self._cereg}: (0,1,2,3,4,5)"
