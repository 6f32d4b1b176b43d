"""Faults of the network: PDP, registration, card, connections (docs/spec/network.md §1-§6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from atwin.twin.faults.dice import among
from atwin.twin.faults.fault import Fault, text, whole

if TYPE_CHECKING:
    from atwin.twin.engine.pool import Slot
    from atwin.twin.faults.case import Case
    from atwin.twin.faults.fault import End
    from atwin.twin.faults.victim import Victim


@dataclass(frozen=True, slots=True, kw_only=True)
class PdpLoss(Fault):
    """The network takes the PDP away, and gives no new one while the fault lasts."""

    KIND: ClassVar[str] = "pdp_loss"
    NEEDS_RUN: ClassVar[bool] = True

    def begin(self, victim: Victim, case: Case) -> End:
        end = victim.grants_pdp.by(False)
        if victim.firmware is not None:
            victim.firmware.radio.lose_pdp()
        return end

    @property
    def is_moment(self) -> bool:
        """Unless something says how long, the next activation succeeds."""
        return self.seconds is None and self.until is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdpRefused(Fault):
    """The network activates no PDP, or none with the access point `apn`; one that is up stays."""

    KIND: ClassVar[str] = "pdp_refused"

    apn: str | None = text(None, among("corp", None))

    def begin(self, victim: Victim, case: Case) -> End:
        apn, cell = self.apn, victim.cell
        if apn is None:
            return victim.grants_pdp.by(False)

        def refuse() -> None:
            cell.refused_apns |= {apn}

        def accept() -> None:
            cell.refused_apns -= {apn}

        return victim.hold(f"apn {apn}", refuse, accept)


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioGone(Fault):
    """No cell in reach: out of service, and searching."""

    KIND: ClassVar[str] = "radio_gone"

    def begin(self, victim: Victim, case: Case) -> End:
        before = victim.cell.grants

        def leave() -> None:
            if victim.firmware is not None:
                victim.firmware.radio.deregister()
            victim.cell.grants = 2

        def come_back() -> None:
            victim.cell.grants = before
            if victim.firmware is not None:
                victim.firmware.radio.register(before)

        return victim.hold("radio", leave, come_back)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimPulled(Fault):
    """The card is not in."""

    KIND: ClassVar[str] = "sim_pulled"

    def begin(self, victim: Victim, case: Case) -> End:
        hardware = victim.module.hardware

        def pull() -> None:
            if victim.firmware is not None:
                victim.firmware.radio.pull_sim()
            hardware.sim.present = False

        def insert() -> None:
            if victim.firmware is not None:
                victim.firmware.radio.insert_sim()
            hardware.sim.present = True

        return victim.hold("sim", pull, insert)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSignal(Fault):
    """AT+CSQ shows `rssi`, of several faults the last one's; everything works all the same."""

    KIND: ClassVar[str] = "weak_signal"

    rssi: int = whole(0, 0, 99, throw=among(0, 3, 99))

    def begin(self, victim: Victim, case: Case) -> End:
        return victim.rssi.by(self.rssi)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFull(Fault):
    """`slots` connections of the module's eight are taken by others; None is all that are free.

    A restart of the module gives them back.
    """

    KIND: ClassVar[str] = "pool_full"
    NEEDS_RUN: ClassVar[bool] = True

    slots: int | None = whole(None, 1, 8, throw=among(None, 7, 8))

    def begin(self, victim: Victim, case: Case) -> End:
        taken: list[Slot] = []
        if victim.firmware is not None:
            pool = victim.firmware.pool
            while len(taken) != self.slots and (slot := pool.take("fault")) is not None:
                taken.append(slot)

        def release() -> None:
            for slot in taken:
                slot.release()

        return release
