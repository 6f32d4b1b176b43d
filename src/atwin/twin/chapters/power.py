"""Power commands (docs/spec/power.md §2)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.dialect.urcs import PowerDown
from atwin.at.kinds import OneOf
from atwin.at.reply import Reply
from atwin.twin.board.power import StartCause
from atwin.twin.engine.run import Chapter, Commands

#: What follows a crash in the other form of AT*EXINFO?.
_CRASH = "4,assert=func=-line=0-ra=0"


class PowerCommands(Commands):
    """Restart, power down, factory reset (docs/spec/power.md §2)."""

    title = "Power"

    @command.execute("+RESET")
    def reset(self) -> Reply:
        """Restart: RAM is lost, saved settings and files stay."""
        return Reply(after=self.run.power.restart)

    @command.execute("+RSTSET")
    def factory(self) -> Reply:
        """Erase all saved settings and restart; files stay."""
        return Reply(after=lambda: self.run.power.restart(factory=True))

    @command.set("+CPOWD")
    def power_down(self, normal: Annotated[int, OneOf(0, 1)]) -> Reply:
        """Switch off: 0 at once and in silence, 1 with NORMAL POWER DOWN in place of OK."""
        lines = (str(PowerDown()),) if normal else ()
        return Reply(lines, final=None, after=self.run.power.switch_off)

    @command.read("*EXINFO", needs="exinfo")
    def start_cause(self) -> str:
        """Why the module started last: 0 power, 3 software, 5 RESET, 6 exception, 8 watchdog.

        In the other form of some firmware 4 with an assertion stands for the last two.
        """
        cause = self.run.hardware.start_cause
        if self.run.profile.choice("exinfo_form") == "number":
            return f"*EXINFO: {int(cause)}"
        crashed = cause in (StartCause.EXCEPTION, StartCause.WATCHDOG)
        return f"*EXINFO:poweron={_CRASH if crashed else int(cause)}"


CHAPTER = Chapter((PowerCommands,))
