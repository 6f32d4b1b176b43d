"""One run of the module's firmware: everything here is RAM and dies with the run.

A restart makes a new `Firmware`, so nothing can survive one by accident (spec: power.md §4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.table import CommandTable
from atwin.twin.interpreter import Interpreter
from atwin.twin.pool import ConnectionPool
from atwin.twin.settings import Settings, SettingsCommands
from atwin.twin.tasks import Tasks

if TYPE_CHECKING:
    from atwin.twin.hardware import Hardware, Power


class Firmware:
    """Services and command families, put together for one profile."""

    def __init__(self, hardware: Hardware, power: Power) -> None:
        profile = hardware.profile
        self.hardware = hardware
        self.tasks = Tasks()
        self.settings = Settings.boot(hardware.nvram)
        self.table = CommandTable(profile, profile.quirks.param_error_cme)
        self.interpreter = Interpreter(
            hardware.uart, hardware.clock, self.settings, self.table, self.tasks.spawn
        )
        self.pool = ConnectionPool(hardware.clock, profile.quirks.linger_s)
        for family in (SettingsCommands(self.settings, hardware.nvram),):
            self.table.add(family)

    def start(self, *, warm: bool) -> None:
        """Boot. `warm`: as if the module had been on for a while already."""
        self.interpreter.start()

    def stop(self) -> None:
        """End of the run: silence on the line, no task left, sockets closed."""
        self.interpreter.stop()
        self.tasks.cancel()
