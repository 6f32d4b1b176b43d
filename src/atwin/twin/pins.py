"""RESET_N, PWRKEY and the supply, as something outside drives them (docs/spec/power.md §1).

On many boards that is the host's RTS and DTR: see `Wiring`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from atwin.at.dialect.urcs import PowerDown
from atwin.twin.board.power import StartCause

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock.base import Timer
    from atwin.twin.module import Module


class Pins:
    """The levels of the module's control pins; True is high.

    Both are pulled up inside and work when they are low. A pin held low, as one tied to ground,
    counts: PWRKEY starts the module when the supply comes back or RESET is released.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._profile = module.hardware.profile
        self._power_key = True
        self._reset = True
        self._supply = True
        self._key_low_since = self._reset_low_since = 0.0
        self._restarts = False  # when RESET is released
        self._powered_in_reset = False
        self._key_timer: Timer | None = None
        self._reset_timer: Timer | None = None
        self._dip_timer: Timer | None = None

    @property
    def power_key(self) -> bool:
        """The level of PWRKEY."""
        return self._power_key

    @power_key.setter
    def power_key(self, high: bool) -> None:
        if high == self._power_key:
            return
        self._power_key = high
        self._key_low_since = self._moved("PWRKEY", high, self._key_low_since)
        _stop(self._key_timer)
        if not high and self._alive:
            if not self._module.is_on:
                self._await_start()
            else:
                self._key_timer = self._later("key_stop", self._power_down)

    @property
    def reset(self) -> bool:
        """The level of RESET_N."""
        return self._reset

    @reset.setter
    def reset(self, high: bool) -> None:
        if high == self._reset:
            return
        self._reset = high
        held = self._module.hardware.clock.now() - self._reset_low_since
        self._reset_low_since = self._moved("RESET", high, self._reset_low_since)
        _stop(self._reset_timer)
        if not self._supply:
            return
        if high:
            self._released(held)
        else:
            self._hold_reset()

    @property
    def supply(self) -> bool:
        """Whether VBAT is there."""
        return self._supply

    @supply.setter
    def supply(self, there: bool) -> None:
        if there == self._supply:
            return
        self._supply = there
        self._module.hardware.happened(f"supply {'on' if there else 'off'}")
        _stop(self._key_timer)
        _stop(self._reset_timer)
        _stop(self._dip_timer)
        if not there:
            self._module.cut_power()
        elif not self._reset:
            self._hold_reset()
            self._powered_in_reset = True
        elif not self._power_key:
            self._await_start()

    @property
    def usb_boot(self) -> bool:
        """The level of USB_BOOT, which counts when the module starts: high is download mode."""
        return self._module.usb_boot

    @usb_boot.setter
    def usb_boot(self, high: bool) -> None:
        if high == self._module.usb_boot:
            return
        self._module.usb_boot = high
        self._module.hardware.happened(f"USB_BOOT {'high' if high else 'low'}")

    def let_go(self) -> None:
        """Nobody drives a pin, and the supply is there; of a module that is off and stays so."""
        for timer in (self._key_timer, self._reset_timer, self._dip_timer):
            _stop(timer)
        self._power_key = self._reset = self._supply = True
        self._restarts = self._powered_in_reset = False
        self._module.usb_boot = False

    @property
    def vdd_ext(self) -> bool:
        """The module's output VDD_EXT (V_GLOBAL_1V8 of an Air724UG): high while it is on."""
        return self._module.is_on

    @property
    def dtr(self) -> bool:
        """The level of MAIN_DTR: low, the host's DTR asserted, wakes a module (AT+CSCLK=1)."""
        return self._module.hardware.modem_lines.dtr

    @dtr.setter
    def dtr(self, high: bool) -> None:
        self._module.hardware.modem_lines.set_dtr(high)

    @property
    def ri(self) -> bool:
        """The level of the output MAIN_RI, which has low pulses when there is news."""
        return self._module.hardware.modem_lines.ri

    def dip(self, seconds: float) -> None:
        """VBAT falls too low for that long; with the voltage the module comes back by itself."""
        if self._supply:
            _stop(self._key_timer)
            self._module.hardware.happened(f"supply dips for {seconds:g} s")
            self._module.cut_power(briefly=True)
            self._dip_timer = self._module.hardware.clock.call_later(
                seconds * self._module.hardware.time_scale, self._recover
            )

    def _recover(self) -> None:
        if self._alive:
            self._module.power_on()

    @property
    def _alive(self) -> bool:
        """Whether PWRKEY can do anything: RESET held low keeps the module dead."""
        return self._supply and self._reset

    def _await_start(self) -> None:
        self._key_timer = self._later("key_start", self._module.power_on)

    def _hold_reset(self) -> None:
        self._reset_low_since = self._module.hardware.clock.now()
        self._restarts = self._powered_in_reset = False
        self._reset_timer = self._later("reset_off", self._go_off)

    def _released(self, held: float) -> None:
        """RESET is high again after `seconds`; a shorter pulse does nothing."""
        counts = self._powered_in_reset or held >= self._seconds("reset_off")
        tied = counts and not self._power_key
        start = self._seconds("reset_start")
        starts = held >= start if start else tied
        if self._restarts or starts:
            self._module.power_on(cause=StartCause.RESET_KEY)
        elif tied and not self._module.is_on:
            self._await_start()

    def _go_off(self) -> None:
        _stop(self._key_timer)
        self._restarts = not self._profile.has("reset_is_off") and self._module.is_on_or_restarts
        self._module.reset_off()

    def _power_down(self) -> None:
        """Off by the key; a new press is needed to start again."""
        if self._module.firmware is not None and not self._module.hung:
            self._module.firmware.urc(PowerDown())
            self._module.switch_off("PWRKEY")

    def _moved(self, pin: str, high: bool, low_since: float) -> float:
        """Tell of a pin's new level; since when it is low, if it is."""
        now = self._module.hardware.clock.now()
        happened = self._module.hardware.happened
        happened(f"{pin} high after {now - low_since:.2f} s" if high else f"{pin} low")
        return low_since if high else now

    def _later(self, time: str, call: Callable[[], None]) -> Timer:
        return self._module.hardware.clock.call_later(self._seconds(time), call)

    def _seconds(self, time: str) -> float:
        """A hold time of the profile, as this module's clock has it."""
        return self._profile.seconds(time) * self._module.hardware.time_scale


@dataclass(frozen=True, slots=True)
class Wire:
    """An output of the host on a pin: asserted pulls it low, `inverted` not asserted does."""

    pin: Literal["reset", "power_key"]
    inverted: bool = False

    def level(self, asserted: bool | None) -> bool:
        """Whether the pin is high; so it is too as long as nobody drives the output."""
        return asserted is None or asserted == self.inverted


@dataclass(frozen=True, slots=True)
class Wiring:
    """What RTS and DTR lead to; None leaves RTS to flow control, and DTR to MAIN_DTR."""

    rts: Wire | None = None
    dtr: Wire | None = None

    def drive(self, pins: Pins, rts: bool | None, dtr: bool | None) -> None:
        """Bring the pins to the levels these outputs give them."""
        if self.dtr is None:
            pins.dtr = dtr is not True
        for wire, asserted in ((self.rts, rts), (self.dtr, dtr)):
            if wire is not None:
                setattr(pins, wire.pin, wire.level(asserted))


def _stop(timer: Timer | None) -> None:
    if timer is not None:
        timer.cancel()
