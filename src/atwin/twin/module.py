"""The module as a thing on a board: supply, restarts, and the firmware that runs meanwhile."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from atwin.twin.board.battery import Thresholds
from atwin.twin.board.installed import RECORD as INSTALLED
from atwin.twin.board.installed import Installed
from atwin.twin.board.power import Cure, StartCause
from atwin.twin.engine.settings import Settings
from atwin.twin.firmware import Firmware

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock.base import Timer
    from atwin.twin.board.hardware import Hardware

#: Seconds from the OK of a restart command to the restart (docs/spec/power.md §2).
RESTART_DELAY = 0.1

_CAUSES = {
    StartCause.POWER: "power",
    StartCause.SOFTWARE: "software",
    StartCause.RESET_KEY: "RESET",
    StartCause.EXCEPTION: "exception",
    StartCause.WATCHDOG: "watchdog",
}


class Module:
    """Hardware, and the current run of the firmware if it is switched on."""

    def __init__(self, hardware: Hardware) -> None:
        self.hardware = hardware
        self.firmware: Firmware | None = None
        #: High at the next start: download mode, in which no firmware runs.
        self.usb_boot = False
        self._downloads = False
        #: How often firmware has started, and when it did last, in seconds of the clock.
        self.boots, self.began = 0, 0.0
        #: Whether the firmware hangs: it hears and says nothing, and PWRKEY does nothing.
        self.hung = False
        #: Called with each `Cure` that has happened to the module, for the faults it ends.
        self.on_cure: Callable[[Cure], None] = lambda cure: None
        self._resists_reset = False
        self._ended: list[Firmware] = []
        self._restart: Timer | None = None

    @property
    def is_on(self) -> bool:
        """Whether its supplies are up (VDD_EXT is high), whatever runs on them."""
        return self.firmware is not None or self._downloads

    @property
    def is_on_or_restarts(self) -> bool:
        """Whether it is on, or in the moment between two runs."""
        return self.is_on or self._restart is not None

    def power_on(self, *, warm: bool = False, cause: StartCause = StartCause.POWER) -> None:
        """Start the firmware. `warm`: skip the boot, as if it had been on for a while."""
        if not self.is_on:
            self._forget_restart()
            if self.usb_boot:
                self._downloads = True
                self.hardware.happened("download mode, for USB_BOOT is high")
                return
            if self.hardware.surroundings.voltage < Thresholds.boot(self.hardware.nvram).on:
                self.hardware.happened("stays off, for the voltage is below that of AT+CBC")
                return
            self.hardware.start_cause = cause
            self._load_firmware()
            if warm:
                self.hardware.trace.notes("power", "has been on for a while")
            else:
                self.hardware.happened(f"boot ({_CAUSES[cause]})")
            self.boots, self.began = self.boots + 1, self.hardware.clock.now()
            self.firmware = Firmware(self.hardware, self)
            self.firmware.start(warm=warm)

    def _load_firmware(self) -> None:
        """Start what is installed; only the restart after the download of an update installs it."""
        nvram = self.hardware.nvram
        installed = Installed.boot(nvram)
        if installed.waiting and self.hardware.start_cause is not StartCause.SOFTWARE:
            self.hardware.happened(f"the update to {installed.waiting} is lost")
            installed.waiting = ""
            installed.store(nvram)
        self.hardware.profile = installed.on(self.hardware.profile)

    def switch_off(self, by: str = "AT+CPOWD") -> None:
        """CPOWD or PWRKEY: RAM is lost, the supply stays."""
        self._say_off(by)
        self._save()
        self._end_run()

    def cut_power(self, *, briefly: bool = False) -> None:
        """The supply is gone: RAM, the clock and what has not left the line are lost.

        `briefly`: for a moment only, which cures no more than RESET does.
        """
        self._say_off("supply")
        self.hardware.uart.cut()
        self._end_run(Cure.RESET_PIN if briefly else Cure.POWER)
        self.hardware.rtc.lose_power()

    def restart(self, *, factory: bool = False, cause: StartCause = StartCause.SOFTWARE) -> None:
        """AT+RESET and its like: this run ends, and the next one boots `RESTART_DELAY` later."""
        self.hardware.happened(f"restart ({'factory reset' if factory else _CAUSES[cause]})")
        if cause is StartCause.SOFTWARE:
            self._save()
        self._end_run()
        if factory:
            Settings.reset(self.hardware.nvram, self.hardware.profile, keep=(INSTALLED,))
        delay = RESTART_DELAY * self.hardware.time_scale
        start = partial(self.power_on, cause=cause)
        self._restart = self.hardware.clock.call_later(delay, start)

    def reset_off(self) -> None:
        """RESET_N: the run ends in the middle of whatever it was saying."""
        if self._resists_reset:
            self.hardware.happened("RESET does not help: only the supply ends this hang")
            return
        self._say_off("RESET")
        self.hardware.uart.cut()
        self._end_run(Cure.RESET_PIN)

    def hang(self, *, resists_reset: bool = False) -> None:
        """The firmware stands still, deaf and silent, until RESET, or the supply, ends its run.

        `resists_reset`: until the supply does.
        """
        if self.firmware is not None:
            self.hardware.happened("hang")
            self.hung, self._resists_reset = True, resists_reset
            self._forget_restart()
            self.hardware.uart.cut()
            self.hardware.modem_lines.run_ends()
            self.firmware.stop()

    def surround(self, name: str, value: object) -> None:
        """Make a value of `Surroundings` another, and let the firmware notice."""
        setattr(self.hardware.surroundings, name, value)
        if self.firmware is not None and not self.hung:
            self.firmware.surrounded(name)

    async def close(self) -> None:
        """Switch off and let go of the port; returns when every task is gone."""
        self._end_run()
        for firmware in self._ended:
            await firmware.finished()
        await self.hardware.uart.port.close()

    def _say_off(self, why: str) -> None:
        if self.is_on:
            self.hardware.happened(f"off ({why})")

    def _save(self) -> None:
        """Before an end that the firmware knows of."""
        if self.firmware is not None and not self.hung:
            self.firmware.save()

    def _end_run(self, cure: Cure = Cure.RESET) -> None:
        self._forget_restart()
        self.hung = self._resists_reset = self._downloads = False
        self.hardware.gpio.reset()
        self._ended = [firmware for firmware in self._ended if firmware.busy]
        self.hardware.modem_lines.run_ends()
        if self.firmware is not None:
            self.firmware.stop()
            self._ended.append(self.firmware)
            self.firmware = None
        self.on_cure(cure)

    def _forget_restart(self) -> None:
        """A module that goes off within the delay of a restart stays off."""
        if self._restart is not None:
            self._restart.cancel()
            self._restart = None
