"""What the host does to recover, seen in its commands (docs/spec/power.md §5, flows.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.grammar import Form, split_arguments
from atwin.twin.board.power import Cure
from atwin.twin.chapters.bearer import CIDS, CLOSED, Bearers

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.grammar import Command
    from atwin.twin.faults.victim import Victim

_CURING = ("+CIPSHUT", "+CFUN", "+SAPBR")


class CureWatch:
    """Calls `cured` before the command that cures is run, so that it finds the network well."""

    def __init__(self, victim: Victim, cured: Callable[[Cure], None]) -> None:
        self._victim = victim
        self._cured = cured
        self._radio_off = False

    def command(self, command: Command) -> None:
        """Look at a command, known to the module or not."""
        if command.name not in _CURING:
            return
        arguments = [piece.text for piece in split_arguments(command.arguments)]
        match command.name, command.form, arguments:
            case "+CIPSHUT", Form.EXECUTE, _:
                self._cured(Cure.CIPSHUT)
            case "+CFUN", Form.SET, ["0" | "4"]:
                self._radio_off = True
            case "+CFUN", Form.SET, ["1"] if self._radio_off:
                self._radio_off = False
                self._cured(Cure.CFUN)
            case "+SAPBR", Form.SET, ["1", cid] if self._is_closed(cid):
                self._cured(Cure.NEW_PDP)

    def _is_closed(self, cid: str) -> bool:
        """Opening a bearer that is open already makes no new PDP."""
        firmware = self._victim.firmware
        if firmware is None or cid not in map(str, CIDS):
            return False
        return firmware.find(Bearers).status(int(cid))[0] == CLOSED
