"""The parts on the module's board: everything that outlives a run of the firmware."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from atwin.net.network import DNS_PORT, PLAIN
from atwin.trace import NO_TRACE, Trace
from atwin.twin.board.cell import Cell
from atwin.twin.board.flash import Flash
from atwin.twin.board.gpio import Gpio
from atwin.twin.board.modem_lines import ModemLines
from atwin.twin.board.nvram import Nvram
from atwin.twin.board.power import StartCause
from atwin.twin.board.sim import Sim
from atwin.twin.board.surroundings import Surroundings
from atwin.twin.board.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.at.dialect.said import Urc
    from atwin.at.grammar import Command
    from atwin.at.reply import Answer
    from atwin.clock import Clock
    from atwin.line.uart.uart import Uart
    from atwin.models import Profile
    from atwin.net.hosts import Hosts
    from atwin.net.network import Network, SocketOptions, Stream
    from atwin.twin.board.rtc import Rtc
    from atwin.twin.board.sim import Card, Identity

log = logging.getLogger("atwin.twin")


@dataclass(slots=True)
class Taps:
    """Where faults and scripts reach into a run: taps that are not there until one is laid.

    Part of the hardware, so that what is set here outlasts a restart.
    """

    #: Called before each command is run, also one the module does not know.
    command: Callable[[Command], None] | None = None
    #: What is answered in place of the module's own answer; None for its own.
    answer: Callable[[Command], Answer | Awaitable[Answer]] | None = None
    #: Whether a command that the module does not know is answered OK.
    lets_pass: Callable[[Command], bool] | None = None
    #: Whether the module says this URC.
    says: Callable[[Urc], bool] | None = None
    #: A URC to say between the lines of an answer and its result; None for none.
    aside: Callable[[], str | None] | None = None
    #: Called with each connection that HTTP opened, TLS included; gives what HTTP reads from.
    stream: Callable[[Stream], Stream] | None = None
    #: Longest command line in bytes, CR included, where the model would take more.
    longest_line: int = sys.maxsize


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
    #: The cards of both slots; the second one is empty.
    sims: list[Sim] = field(default_factory=lambda: [Sim(), Sim(present=False)])
    #: The network in reach of the antenna.
    cell: Cell = field(default_factory=Cell)
    gpio: Gpio = field(default_factory=Gpio)
    surroundings: Surroundings = field(default_factory=Surroundings)
    modem_lines: ModemLines = field(default_factory=ModemLines)
    taps: Taps = field(default_factory=Taps)
    #: What has gone over `network`.
    traffic: Traffic = field(default_factory=Traffic)
    #: Hears what happens.
    trace: Trace = NO_TRACE
    #: Where the name servers of AT+CDNSCFG listen.
    dns_port: int = DNS_PORT
    #: Names that lead elsewhere; None until somebody asks for them.
    hosts: Hosts | None = None
    #: All start-up and network times are multiplied by this; 0 makes them immediate.
    time_scale: float = 1.0
    #: Why the firmware started last.
    start_cause: StartCause = StartCause.POWER

    @property
    def sim(self) -> Sim:
        """The card in the first slot."""
        return self.sims[0]

    def change_card(self, card: Card) -> None:
        """Another card for the first slot, which is empty."""
        sim = Sim.issued(card)
        sim.keep, sim.present = self.sim.keep, False
        self.sims[0] = sim

    def happened(self, event: str) -> None:
        """Tell log and trace what happens to the module as a whole: pins, supply, starts, ends."""
        log.info("%s", event)
        self.trace.notes("power", event)

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        """A TCP connection with this module's window. Raises `ConnectError`."""
        window, unpaced = self.profile.limit("tcp_window"), self.uart.rate is None
        options = replace(options, window=window, unpaced=unpaced)
        return await self.network.connect(address, port, options)

    async def pause(self, seconds: float) -> None:
        """Wait for something the module itself takes time for."""
        await self.clock.sleep(seconds * self.time_scale)
