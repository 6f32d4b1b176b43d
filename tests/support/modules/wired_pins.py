"""The pins of a twin, as far as they are wired."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atwin.line.pins import HostPins

if TYPE_CHECKING:
    from collections.abc import Set

    from atwin.line.pins import Pin
    from atwin.twin.twin import Twin

ALL: Set[Pin] = {"reset", "power_key", "supply"}


@dataclass
class WiredPins(HostPins):
    """The twin's pins, as far as they are wired, and when each was low."""

    twin: Twin
    wired: Set[Pin]
    pulses: list[str] = field(default_factory=list)

    @property
    def driven(self) -> Set[Pin]:
        return self.wired

    async def drive(self, pin: Pin, high: bool) -> None:
        if not high:
            self.pulses.append(pin)
        setattr(self.twin.pins, pin, high)
