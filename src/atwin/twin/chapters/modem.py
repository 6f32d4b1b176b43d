"""What programs say to any modem before anything else (docs/spec/general.md §2, §8)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import OneOf, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.twin.engine.run import Chapter, Commands, Run

#: Character sets of AT+CSCS, and those that only some firmware has.
_SETS, _MORE_SETS = ("GSM", "IRA", "UCS2"), ("HEX", "GBK")


class ModemCommands(Commands):
    """The DTR wire, and the list of commands (docs/spec/general.md §2, §8)."""

    title = "As any modem"

    def __init__(self, run: Run) -> None:
        self._run = run

    @command.basic("&D")
    def on_dtr(self, mode: Annotated[int, OneOf(0, 1, 2)] = 0) -> None:
        """What DTR does to transparent mode as it goes off: 0 nothing, 1 leave it, 2 close too."""
        self._run.settings.dtr = mode

    @command.execute("+CLAC", needs="stock_commands")
    def commands(self) -> Reply:
        """The commands there are, one a line."""
        return Reply(tuple(f"AT{name}" for name in self._run.table.names))


class HabitCommands(Commands):
    """What scripts ask and set by habit (docs/spec/general.md §8)."""

    title = "Habits of scripts"
    effect = False

    def __init__(self, run: Run) -> None:
        self._profile = run.profile
        self._settings = run.settings
        self.values = self

    @command.basic("&C")
    def carrier(self, mode: Annotated[int, OneOf(0, 1)] = 0) -> None:
        """What the DCD wire shows: 0 always on, 1 whether there is a connection."""
        self._settings.dcd = mode

    @command.read("S0", needs="stock_commands")
    def rings(self) -> str:
        """After how many rings a call is answered, three digits."""
        return f"{self._settings.s0:03d}"

    @command.set("S0", plain_errors=True, needs="stock_commands")
    def set_rings(self, rings: Annotated[int, Range(0, 255)]) -> None:
        """Answer a call after this many rings; 0 means never."""
        self._settings.s0 = rings

    @command.basic("X", needs="stock_commands")
    def progress(self, level: Annotated[int, Range(0, 4)] = 0) -> None:
        """Which result codes a call gives."""

    @command.execute("+CPAS")
    def activity(self) -> str:
        """0: ready, no call."""
        return "+CPAS: 0"

    @command.execute("+GCAP")
    def capabilities(self) -> str:
        """What kind of modem it is."""
        return "+GCAP: +CGSM"

    #: AT+CLTS, kept in RAM.
    network_time = 0
    clts = command.Setting("+CLTS", "on", OneOf(0, 1), "Report the network's time (1) or not (0).")

    @command.read("+CSCS")
    def characters(self) -> str:
        """The character set of texts."""
        return f'+CSCS: "{self._settings.cscs or self._profile.choice("cscs_default")}"'

    @command.set("+CSCS")
    def set_characters(self, name: Annotated[str, Text("set")]) -> None:
        """Set it: "GSM", "IRA" or "UCS2"; some firmware also takes "HEX" and "GBK"."""
        more = _MORE_SETS if self._profile.has("stock_commands") else ()
        if name.upper() not in _SETS + more:
            raise CmeError(Cme.NOT_SUPPORTED)
        self._settings.cscs = name.upper()

    @command.test("+CSCS")
    def character_sets(self) -> str:
        """The usual ones."""
        return "+CSCS: " + ",".join(f'"{name}"' for name in _SETS)


CHAPTER = Chapter((ModemCommands, HabitCommands))
