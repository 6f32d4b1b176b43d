"""The host's RTS and DTR wired to RESET and PWRKEY, as on many boards (docs/spec/power.md §1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from atwin.twin.pins import Pins


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
    """What RTS and DTR lead to; None leaves RTS to flow control, and DTR to nothing."""

    rts: Wire | None = None
    dtr: Wire | None = None

    def drive(self, pins: Pins, rts: bool | None, dtr: bool | None) -> None:
        """Bring the pins to the levels these outputs give them."""
        for wire, asserted in ((self.rts, rts), (self.dtr, dtr)):
            if wire is not None:
                setattr(pins, wire.pin, wire.level(asserted))
