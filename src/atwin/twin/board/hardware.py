"""The parts on the module's board: everything that outlives a run of the firmware."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atwin.trace import NO_TRACE, Trace
from atwin.twin.board.cell import Cell
from atwin.twin.board.flash import Flash
from atwin.twin.board.nvram import Nvram
from atwin.twin.board.power import StartCause
from atwin.twin.board.sim import Sim
from atwin.twin.board.taps import Taps
from atwin.twin.board.traffic import Traffic

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.line.uart.uart import Uart
    from atwin.models import Profile
    from atwin.net.network import Network
    from atwin.twin.board.identity import Identity
    from atwin.twin.board.rtc import Rtc

log = logging.getLogger("atwin.twin")


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
    sim: Sim = field(default_factory=Sim)
    #: The network in reach of the antenna.
    cell: Cell = field(default_factory=Cell)
    taps: Taps = field(default_factory=Taps)
    #: What has gone over `network`.
    traffic: Traffic = field(default_factory=Traffic)
    #: Hears what happens.
    trace: Trace = NO_TRACE
    #: All start-up and network times are multiplied by this; 0 makes them immediate.
    time_scale: float = 1.0
    #: Why the firmware started last.
    start_cause: StartCause = StartCause.POWER

    def happened(self, event: str) -> None:
        """Tell log and trace what happens to the module as a whole: pins, supply, starts, ends."""
        log.info("%s", event)
        self.trace.notes("power", event)

    async def pause(self, seconds: float) -> None:
        """Wait for something the module itself takes time for."""
        await self.clock.sleep(seconds * self.time_scale)
