"""Power commands and the cause of a start (spec: power.md §2)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.command import Family
from atwin.at.dialect.urcs import PowerDown
from atwin.at.kinds import OneOf
from atwin.at.reply import Reply

if TYPE_CHECKING:
    from atwin.twin.board.hardware import Hardware, Power


class StartCause(IntEnum):
    """Why the firmware started last, as AT*EXINFO? tells it."""

    POWER = 0
    SOFTWARE = 3
    RESET_KEY = 5
    EXCEPTION = 6
    WATCHDOG = 8


def restart_reply(power: Power) -> Reply:
    """`OK`, then the module restarts."""
    return Reply(after=power.restart)


class PowerCommands(Family):
    """Restart, power down, factory reset (spec: power.md §2)."""

    title = "Power"

    def __init__(self, hardware: Hardware, power: Power) -> None:
        self._hardware = hardware
        self._power = power

    @command.execute("+RESET")
    def reset(self) -> Reply:
        """Restart: RAM is lost, saved settings and files stay."""
        return restart_reply(self._power)

    @command.execute("+RSTSET")
    def factory(self) -> Reply:
        """Erase all saved settings and restart; files stay."""
        return Reply(after=lambda: self._power.restart(factory=True))

    @command.set("+CPOWD")
    def power_down(self, normal: Annotated[int, OneOf(0, 1)]) -> Reply:
        """Switch off: 0 at once and in silence, 1 with NORMAL POWER DOWN in place of OK."""
        lines = (str(PowerDown()),) if normal else ()
        return Reply(lines, final=None, after=self._power.switch_off)

    @command.read("*EXINFO", needs="exinfo")
    def start_cause(self) -> str:
        """Why the module started last: 0 power, 3 software, 5 RESET, 6 exception, 8 watchdog."""
        return f"*EXINFO: {int(self._hardware.start_cause)}"
