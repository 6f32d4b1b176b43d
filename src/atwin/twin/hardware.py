"""The parts on the module's board: everything that outlives a run of the firmware."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from atwin.twin.flash import Flash
from atwin.twin.nvram import Nvram

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.line.uart import Uart
    from atwin.models import Profile
    from atwin.net.network import Network
    from atwin.twin.identity import Identity
    from atwin.twin.rtc import Rtc


@dataclass(slots=True)
class Hardware:
    """What the firmware finds when it starts."""

    profile: Profile
    uart: Uart
    network: Network
    clock: Clock
    identity: Identity
    rtc: Rtc
    nvram: Nvram = field(default_factory=Nvram)
    flash: Flash = field(default_factory=Flash)
    #: All start-up and network times are multiplied by this; 0 makes them immediate.
    time_scale: float = 1.0


class Power(Protocol):
    """What the firmware can do to its own supply."""

    def restart(self, *, factory: bool = False) -> None:
        """End this run and start the next, a moment later."""

    def switch_off(self) -> None:
        """End this run; only PWRKEY or the supply starts another."""
