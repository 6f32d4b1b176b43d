"""One run of the module's firmware: everything here is RAM and dies with the run.

A restart makes a new `Firmware`, so nothing can survive one by accident (spec: power.md §4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import ROM_BANNER, Ready
from atwin.at.table import CommandTable
from atwin.line.frame import UartSettings
from atwin.twin.chapters.bearer import BearerCommands, Bearers
from atwin.twin.chapters.files import FileCommands
from atwin.twin.chapters.general.identity import IdentityCommands
from atwin.twin.chapters.general.settings import Settings, SettingsCommands
from atwin.twin.chapters.general.system import SystemCommands
from atwin.twin.chapters.http import (
    HttpCommands,
    HttpService,
    HttpStreamCommands,
    HttpToFlashCommands,
)
from atwin.twin.chapters.network.commands import NetworkCommands
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.pdp import PdpCommands
from atwin.twin.chapters.power import PowerCommands
from atwin.twin.chapters.serial import SerialCommands
from atwin.twin.chapters.sim import SimCommands
from atwin.twin.chapters.ssl import Ssl, SslCommands
from atwin.twin.chapters.tcp import (
    LinkCommands,
    NameCommands,
    PingCommands,
    ReceiveCommands,
    SceneCommands,
    SendCommands,
    Sockets,
    TransparentCommands,
)
from atwin.twin.chapters.traffic import DataCounter, TrafficCommands
from atwin.twin.engine.interpreter import Interpreter
from atwin.twin.engine.pool import ConnectionPool
from atwin.twin.engine.tasks import Tasks

if TYPE_CHECKING:
    from atwin.twin.board.hardware import Hardware, Power

#: What the mask ROM says before any firmware runs; no line, and its `\n` is two characters.


class Firmware:
    """Services and command families, put together for one profile."""

    def __init__(self, hardware: Hardware, power: Power) -> None:
        profile = hardware.profile
        self.hardware = hardware
        self.tasks = Tasks()
        self.settings = Settings.boot(hardware.nvram)
        self._line_settings = self.settings.line_settings
        self.table = CommandTable(profile, profile.quirks.param_error_cme)
        self.interpreter = Interpreter(
            hardware.uart,
            hardware.clock,
            self.settings,
            self.table,
            self.tasks.spawn,
            self._set_line,
            hardware.taps,
        )
        urc = self.interpreter.urc
        self.pool = ConnectionPool(hardware.clock, profile.quirks.linger_s, trace=hardware.trace)
        hardware.traffic.begin_boot()
        self.data_counter = DataCounter(hardware.nvram, hardware.traffic.boot, hardware.clock)
        self.radio = Radio(hardware, self.settings, urc, self.tasks.spawn)
        self.ssl = Ssl(hardware.flash, hardware.rtc, hardware.trace)
        # Before the bearers: its +PDP: DEACT comes before theirs (spec: network.md §4).
        self.sockets = Sockets(
            hardware,
            self.radio,
            self.pool,
            self.interpreter,
            self.tasks.spawn,
            self.ssl.secure,
        )
        self.bearers = Bearers(self.radio, hardware, urc)
        self.http = HttpService(
            hardware, self.bearers, self.pool, urc, self.tasks.spawn, self.ssl.secure_http
        )
        for family in (
            SettingsCommands(self.settings, hardware.nvram),
            SerialCommands(self.settings, profile),
            IdentityCommands(profile, hardware.identity),
            SystemCommands(self.settings, hardware.rtc),
            PowerCommands(hardware, power),
            SimCommands(self.radio, hardware.identity),
            NetworkCommands(self.radio, self.settings, hardware, power),
            PdpCommands(self.radio, hardware),
            BearerCommands(self.bearers, padded=profile.quirks.sapbr_padded),
            FileCommands(hardware.flash, profile),
            SslCommands(self.ssl, self.http.takes_ssl_settings),
            HttpCommands(self.http),
            HttpStreamCommands(self.http),
            HttpToFlashCommands(self.http),
            SceneCommands(self.sockets),
            LinkCommands(self.sockets),
            SendCommands(self.sockets),
            ReceiveCommands(self.sockets),
            TransparentCommands(self.sockets),
            NameCommands(self.sockets),
            PingCommands(self.radio, hardware),
            TrafficCommands(self.data_counter),
        ):
            self.table.add(family)

    def start(self, *, warm: bool) -> None:
        """Boot. `warm`: as if the module had been on for a while already."""
        uart = self.hardware.uart
        self.data_counter.start(self.tasks.spawn)
        if warm:
            uart.boot(self.settings.line_mode(), trained=True)
            self.radio.camp()
            self.interpreter.start()
        else:
            uart.boot(UartSettings(), trained=False)
            self.tasks.spawn(self._boot())

    def stop(self) -> None:
        """End of the run: silence on the line, no task left, sockets closed."""
        self.interpreter.stop()
        self.tasks.cancel()

    def _set_line(self) -> None:
        """Between two command lines, what the last one set reaches the UART."""
        if self.settings.line_settings != self._line_settings:
            self._line_settings = self.settings.line_settings
            self.hardware.uart.configure(self.settings.line_mode())

    async def _boot(self) -> None:
        """The start-up sequence (spec: power.md §3, uart.md §8).

        Until the parser is alive, what the host sends is lost. The mask ROM knows no settings.
        """
        profile = self.hardware.profile
        await self.hardware.pause(profile.seconds("banner"))
        if profile.has("boot_banner"):
            self.interpreter.say(ROM_BANNER)
        await self.hardware.pause(profile.seconds("parser"))
        self.hardware.uart.configure(self.settings.line_mode())
        self.interpreter.start()
        self.interpreter.urc(Ready())
        await self.radio.boot()
