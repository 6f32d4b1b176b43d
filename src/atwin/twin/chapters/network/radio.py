"""The radio: SIM, registration, attach, and the one real PDP under everything.

See docs/spec/network.md §1-§4, uart.md §8. What lies outside the module (card, network)
is hardware and survives a restart; all else here is RAM.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.dialect.urcs import (
    NetworkMode,
    Service,
    SimState,
)
from atwin.at.reply import CmeError
from atwin.twin.board.cell import SERVICE
from atwin.twin.board.sim import Access, SimChoice
from atwin.twin.chapters.network.card_texts import tell_of_card
from atwin.twin.chapters.network.nitz import NetworkTimeService
from atwin.twin.chapters.network.pdp import Pdp
from atwin.twin.chapters.network.state import NOT_REGISTERED, SEARCHING, NetworkState

if TYPE_CHECKING:
    from atwin.twin.board.sim import Sim
    from atwin.twin.engine.run import Run

#: The level of AT+CFUN at which the radio works.
FULL = 1

#: Seconds from what the network is told to what AT+CSDT=1 says: the card is out, or in.
_REMOVED_TOLD, _INSERTED_TOLD = 0.8, 0.6


class Radio(NetworkState):
    """One run of the radio firmware. Its URCs come in the order of the specification."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._search: asyncio.Task[None] | None = None
        self._sim_ready = False
        self._sim_unlocked = False
        self._sim_removed = False
        self._wants_network = True
        #: Which slot is used, and more of that kind.
        self.choice = SimChoice.boot(run.hardware.nvram)
        self.pdp = Pdp(run)
        self.functionality = FULL

    # --- state ----------------------------------------------------------------------------------

    @property
    def address(self) -> str | None:
        """The address of the PDP, None while there is none."""
        return self.pdp.address

    @property
    def rssi(self) -> int:
        """Signal strength 0-31 as AT+CSQ shows it, 99 without service."""
        return self.cell.rssi if self.registered else 99

    @property
    def sim(self) -> Sim:
        """The card in the slot that is used."""
        return self._hardware.sims[self.choice.slot]

    @property
    def sim_state(self) -> str:
        """`READY`, `SIM PIN`, … as AT+CPIN? has it. Raises `CmeError`: no card, a dead one, or
        not yet.
        """
        if self._sim_removed:
            return "SIM REMOVED"
        if not self.sim.present:
            raise CmeError(Cme.SIM_NOT_INSERTED)
        if not self._sim_ready:
            raise CmeError(Cme.SIM_BUSY)
        if self.sim.dead:
            raise CmeError(Cme.SIM_FAILURE)
        if self.sim.blocked:
            return "SIM PUK"
        return "READY" if self._sim_unlocked else "SIM PIN"

    @property
    def sim_usable(self) -> bool:
        """Whether the card is in, started and unlocked."""
        return self._sim_ready and self._sim_unlocked

    # --- starting -------------------------------------------------------------------------------

    @classmethod
    def power_up(cls, run: Run, *, warm: bool) -> None:
        """Look for card and network, or have found them."""
        radio = run.find(cls)
        if warm:
            radio.camp()
        else:
            run.spawn(radio.boot())

    def camp(self) -> None:
        """Be where a module is that has been on for a while: no text, no waiting."""
        self._start_sim()
        if self.sim_usable and self.cell.grants in SERVICE:
            self.stat = self.cell.grants
            self.activate(self.pdp.default_cid)
            self.run.find(NetworkTimeService).take()

    async def boot(self) -> None:
        """The SIM, then the network, with their times and texts (docs/spec/power.md §3)."""
        await self._pause("sim")
        self._start_sim()
        if self._hardware.profile.has("cpin_at_boot"):
            with suppress(CmeError):
                self._urc(SimState(self.sim_state))
        self._tell_of_card()
        self._begin_search("boot_search")

    def unlocked(self) -> None:
        """The PIN was right: go on where the start stood still."""
        self._sim_unlocked = True
        self._tell_of_card()
        if not self.registered:
            self._begin_search("search")

    def _tell_of_card(self) -> None:
        if self.sim_usable:
            self.run.spawn(tell_of_card(self.run, lambda: self.sim_usable))

    def set_functionality(self, level: int) -> None:
        """AT+CFUN: 1 registers after a while; 0 and 4 leave the network at once."""
        before, self.functionality = self.functionality, level
        if level == FULL and before != FULL:
            self._begin_search("search")
        elif level != FULL and before == FULL:
            self._log_off()

    def find_network(self) -> None:
        """AT+COPS=0 or 1: be registered, or search until we are."""
        self._wants_network = True
        if not self.registered:
            self._begin_search("search")

    def leave_network(self) -> None:
        """AT+COPS=2: be off the network until `find_network`."""
        self._wants_network = False
        self._log_off()

    def _log_off(self) -> None:
        self._end_search()
        if self._leave(NOT_REGISTERED):
            self.pdp.announce_detach()
        self.pdp.drop()

    def _start_sim(self) -> None:
        self._booted = True
        self._sim_ready = self.sim.present
        self._sim_unlocked = self._sim_ready and not self.sim.asks and not self.sim.blocked

    def _begin_search(self, time: str) -> None:
        self._end_search()
        if self._wants_network and self.functionality == FULL and self.sim_usable:
            self._move_to(SEARCHING)
            self._search = self.run.spawn(self._register_after(time))

    def _end_search(self) -> None:
        if self._search is not None:
            self._search.cancel()
            self._search = None

    async def _register_after(self, time: str) -> None:
        await self._pause(time)
        if self.cell.grants not in SERVICE:
            self._move_to(self.cell.grants)
            return
        self._urc(NetworkMode(17, 17))
        self._urc(Service("E_UTRAN"))
        self._move_to(self.cell.grants)
        self.attach()
        if self.cell.sends_nitz:
            await self._pause("nitz")
            network_time = self.run.find(NetworkTimeService)
            network_time.take()
            network_time.say()

    async def _pause(self, time: str) -> None:
        """Wait for a time of the profile."""
        await self._hardware.pause(self.run.profile.seconds(time))

    # --- attach and PDP -------------------------------------------------------------------------

    def attach(self, access: Access | None = None) -> bool:
        """Attach and bring the default context up. False when the network does not let us.

        `access`: what with, None for what is defined for it.
        """
        cid = self.pdp.default_cid
        if self.activate(cid, access):
            self.pdp.announce("ME", "ACT", cid)
        return self.registered and self.address is not None and self._lets(access)

    def activate(self, cid: int, access: Access | None = None) -> bool:
        """Attach and make a context active; whether it was not so before. The host hears nothing.

        So it is when the host itself asked for it (AT+CGATT, CGACT: docs/spec/network.md §2).
        """
        if not self.registered or not self._lets(access):
            return False
        self.attached = True
        access = access or self.pdp.access_of(cid)
        return self.gives(access) and self.pdp.activate(cid, access)

    def _lets(self, access: Access | None) -> bool:
        return access is None or self.gives(access)

    def gives(self, access: Access) -> bool:
        """Whether the network activates a PDP for that, with this card."""
        return self.cell.gives(access.apn) and self.sim.card.takes(access)

    def start_over(self) -> None:
        """AT+CPNETAPN: off the network and on again, with another definition of the PDP."""
        self.lose_pdp()
        self.attached = False
        if self.registered:
            self._begin_search("search")

    def detach(self) -> None:
        """AT+CGATT=0."""
        self.pdp.drop()
        self.attached = False

    # --- what happens from outside --------------------------------------------------------------

    def lose_pdp(self) -> None:
        """The network takes the PDP away (docs/spec/network.md §4)."""
        self.pdp.drop("NW")

    def deregister(self) -> None:
        """The network lets go of the module, and of its PDP, until `register`."""
        self.cell.grants = SEARCHING
        self._lose_network()

    def _lose_network(self) -> None:
        self._end_search()
        self._leave(self.cell.grants)
        self.lose_pdp()

    def register(self, stat: int = 1) -> None:
        """The network is there again; the module finds it after its usual search."""
        self.cell.grants = stat
        if not self.registered:
            self._begin_search("search")

    def look_around(self) -> None:
        """The cell has changed: follow it, and tell who is to be told."""
        grants = self.cell.grants
        if not self.registered:
            if grants in SERVICE and (self._search is None or self._search.done()):
                self._begin_search("search")
            return
        if grants not in SERVICE:
            self._lose_network()
            return
        if (grants, self._place) != (self.stat, self._told_place):
            self._stay_at(grants)
        self._tell_watchers()

    def pull_sim(self) -> None:
        """Take the card out while the module runs (docs/spec/uart.md §8)."""
        sim = self._hardware.sim
        if not sim.present:
            return
        sim.present = False
        if not self._booted or self.choice.slot:
            return
        self._sim_removed, self._sim_ready, self._sim_unlocked = True, False, False
        self._end_search()
        if self._leave(NOT_REGISTERED):
            self.pdp.announce("NW", "DEACT")
            self.pdp.announce_detach()
        self.pdp.drop()
        self._tell_card(_REMOVED_TOLD)

    def insert_sim(self) -> None:
        """Put the card back; the module notices and registers, after RDY if it boots."""
        sim = self._hardware.sim
        if sim.present:
            return
        sim.present = True
        if not self._booted or self.choice.slot:
            return  # the start finds it
        self._sim_removed = False
        self._start_sim()
        self.pdp.announce_detach()
        self._begin_search("search")
        self._tell_card(_INSERTED_TOLD)

    def use_slot(self, slot: int) -> None:
        """AT+SIMCROSS: the card of the other slot from now on; only without radio."""
        self.choice.choose(self._hardware.nvram, slot=slot)
        self._sim_removed = False
        self._start_sim()

    def _tell_card(self, delay: float) -> None:
        """AT+CSDT=1: say some time after the network has been told of what the card is now."""

        async def tell() -> None:
            if self._search is not None:
                await asyncio.wait((self._search,))
            await self._hardware.pause(delay)
            with suppress(CmeError):
                suffix = " 0" if self.run.profile.has("csdt_urc_suffix") else ""
                urc = SimState(f"{self.sim_state}{suffix}")
                self.run.line.urc(urc, bare=self.run.profile.has("csdt_urc_bare"))

        enabled, _ = self.run.settings.csdt
        if enabled:
            self.run.spawn(tell())
