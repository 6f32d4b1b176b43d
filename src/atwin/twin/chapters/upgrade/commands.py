"""AT+UPGRADE: new firmware over the air (docs/spec/general.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, OneOf, Range, Text
from atwin.twin.chapters.upgrade.service import Upgrades
from atwin.twin.chapters.upgrade.settings import LONGEST, LONGEST_KEY, LONGEST_URL, SHORTEST
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.at.kinds import ParameterKind

#: What each name takes; the fields of `UpgradeSettings` in capitals.
_VALUES: dict[str, ParameterKind] = {
    "AUTO": OneOf(0, 1),
    "PERIOD": Range(SHORTEST, LONGEST),
    "KEY": Text("key", LONGEST_KEY),
    "URL": Text("url", LONGEST_URL),
}


class UpgradeCommands(Commands):
    """New firmware over the air (docs/spec/general.md §3)."""

    title = "Upgrade over the air"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._upgrades = run.find(Upgrades)

    @command.set("+UPGRADE")
    def setting(
        self,
        name: Annotated[str, Text("name")],
        value: Annotated[Argument | None, Late(Text("value"))] = None,
        unsaved: Annotated[int, OneOf(0, 1)] = 0,
    ) -> str | None:
        """Show or set AUTO (0, 1: ask by itself), PERIOD (seconds), KEY (of the project) or URL.

        A value is kept over restarts unless a 1 follows it.
        """
        field = name.lower()
        if (kind := _VALUES.get(name.upper())) is None:
            raise BadArgument(name)
        if value is None:
            shown = getattr(self._upgrades.settings, field)
            return f'+UPGRADE: "{name.upper()}",{_shown(shown)}'
        wanted = kind.convert(value)
        wanted = bool(wanted) if field == "auto" else wanted
        self._upgrades.change(field, wanted, save=not unsaved)
        return None

    @command.execute("+UPGRADE")
    def ask(self) -> None:
        """Ask for new firmware now; a module that finds some loads it and restarts."""
        self._upgrades.ask()

    @command.read("+UPGRADE")
    def state(self) -> str:
        """0 nothing yet, 1 and the per cent that are there, 2 and how the last question ended."""
        if self._upgrades.at_work:
            return f"+UPGRADE: 1,{self._upgrades.percent}"
        if (result := self._upgrades.result) is None:
            return "+UPGRADE: 0"
        return f"+UPGRADE: 2,[{','.join(map(str, result))}]"


def _shown(value: bool | int | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(int(value))
