"""The firmware: its chapters, and how one run of it starts.

A restart makes a new `Firmware`, so nothing can survive one by accident (docs/spec/power.md §4).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import ROM_BANNER, Ready
from atwin.line.frame import UartSettings
from atwin.twin.board.installed import Installed
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.upgrade.service import install
from atwin.twin.engine.run import Chapter, Run

if TYPE_CHECKING:
    from atwin.twin.board.hardware import Hardware
    from atwin.twin.board.power import Power

#: The chapters: modules of `atwin.twin.chapters`, each with its `CHAPTER`. They hear of events in
#: this order: of a lost PDP the links tell before the bearers do (docs/spec/network.md §4).
CHAPTERS: tuple[Chapter, ...] = tuple(
    import_module(f"atwin.twin.chapters.{name}").CHAPTER
    for name in (
        "general",
        "modem",
        "serial",
        "power",
        "sim",
        "network",
        "apn",
        "pdp",
        "tcp",
        "bearer",
        "files",
        "sleep",
        "ssl",
        "http",
        "traffic",
        "device",
        "upgrade",
        "location",
        "answered.calls",
        "answered.audio",
        "answered.gnss",
        "answered.packet",
        "answered.card",
        "answered.maker",
        "answered.sms",
        "answered.mqtt",
        "answered.network_time",
        "answered.ftp",
    )
)


class Firmware(Run):
    """One run of the whole firmware."""

    def __init__(self, hardware: Hardware, power: Power) -> None:
        super().__init__(hardware, power, CHAPTERS)
        hardware.traffic.begin_boot()

    @property
    def radio(self) -> Radio:
        """The radio of this run."""
        return self.find(Radio)

    def start(self, *, warm: bool) -> None:
        """Boot. `warm`: as if the module had been on for a while already."""
        uart = self.hardware.uart
        if warm:
            uart.boot(self.settings.line_mode(), trained=True)
            self.line.start()
            self.power_up(warm=True)
        else:
            uart.boot(UartSettings(), trained=False)
            self.spawn(self._boot())

    async def _boot(self) -> None:
        """The start-up sequence (docs/spec/power.md §3, uart.md §8).

        Until the parser is alive, what the host sends is lost. The mask ROM knows no settings.
        """
        await self.hardware.pause(self.profile.seconds("banner"))
        if self.profile.has("boot_banner"):
            self.line.say(ROM_BANNER)
        if (installed := Installed.boot(self.hardware.nvram)).waiting:
            await install(self, installed)
            return
        await self.hardware.pause(self.profile.seconds("parser"))
        self.hardware.uart.configure(self.settings.line_mode())
        self.line.start()
        self.urc(Ready())
        self.power_up(warm=False)
        if again := self.profile.seconds("ready_again"):
            await self.hardware.pause(again)
            self.urc(Ready())
