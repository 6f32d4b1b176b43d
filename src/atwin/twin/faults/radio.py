"""Faults of the mobile network: PDP, registration, card, connections (spec: network.md §1-§6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from atwin.twin.faults.fault import Fault, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.twin.engine.pool import Slot
    from atwin.twin.faults.bench import Bench
    from atwin.twin.faults.fault import End


@dataclass(frozen=True, slots=True, kw_only=True)
class PdpLoss(Fault):
    """The network takes the PDP away, and gives no new one while the fault lasts."""

    KIND: ClassVar[str] = "pdp_loss"
    NEEDS_RUN: ClassVar[bool] = True

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        end = refuse_pdp(bench)
        if bench.firmware is not None:
            bench.firmware.radio.lose_pdp()
        return end

    @property
    def is_moment(self) -> bool:
        """Unless something says how long, the next activation succeeds."""
        return self.seconds is None and self.until is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdpRefused(Fault):
    """The network activates no PDP, or none with the access point `apn`; one that is up stays."""

    KIND: ClassVar[str] = "pdp_refused"

    apn: str | None = None

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        apn, cell = self.apn, bench.cell
        if apn is None:
            return refuse_pdp(bench)

        def refuse() -> None:
            cell.refused_apns |= {apn}

        def accept() -> None:
            cell.refused_apns -= {apn}

        return bench.hold(f"apn {apn}", refuse, accept)


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioGone(Fault):
    """No cell in reach: out of service, and searching."""

    KIND: ClassVar[str] = "radio_gone"

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        before = bench.cell.grants

        def leave() -> None:
            if bench.firmware is not None:
                bench.firmware.radio.deregister()
            bench.cell.grants = 2

        def come_back() -> None:
            bench.cell.grants = before
            if bench.firmware is not None:
                bench.firmware.radio.register(before)

        return bench.hold("radio", leave, come_back)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimPulled(Fault):
    """The card is not in."""

    KIND: ClassVar[str] = "sim_pulled"

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        sim = bench.module.hardware.sim

        def pull() -> None:
            if bench.firmware is not None:
                bench.firmware.radio.pull_sim()
            sim.present = False

        def insert() -> None:
            if bench.firmware is not None:
                bench.firmware.radio.insert_sim()
            sim.present = True

        return bench.hold("sim", pull, insert)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSignal(Fault):
    """AT+CSQ shows `rssi`; everything works all the same."""

    KIND: ClassVar[str] = "weak_signal"

    rssi: int = whole(0, 0, 99)

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        before = bench.cell.rssi

        def weaken() -> None:
            bench.cell.rssi = self.rssi

        def recover() -> None:
            bench.cell.rssi = before

        return bench.hold("signal", weaken, recover)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFull(Fault):
    """`slots` connections of the module's eight are taken by others; None is all that are free.

    A restart of the module gives them back.
    """

    KIND: ClassVar[str] = "pool_full"
    NEEDS_RUN: ClassVar[bool] = True

    slots: int | None = whole(None, 1, 8)

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        taken: list[Slot] = []
        if bench.firmware is not None:
            pool = bench.firmware.pool
            while len(taken) != self.slots and (slot := pool.take()) is not None:
                taken.append(slot)

        def release() -> None:
            for slot in taken:
                slot.release()

        return release


def refuse_pdp(bench: Bench) -> End:
    """No PDP from now on."""
    cell = bench.cell

    def refuse() -> None:
        cell.grants_pdp = False

    def grant() -> None:
        cell.grants_pdp = True

    return bench.hold("pdp", refuse, grant)
