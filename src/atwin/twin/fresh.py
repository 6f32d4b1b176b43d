"""The way back: board, surroundings and network as they were when the twin was made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from atwin.twin.board.cell import Cell
from atwin.twin.board.gpio import Gpio
from atwin.twin.board.sim import Sim
from atwin.twin.board.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atwin.models import Profile
    from atwin.twin.board.hardware import Hardware
    from atwin.twin.board.sim import Card
    from atwin.twin.faults.plan import FaultPlan
    from atwin.twin.script.written import Script


@dataclass(frozen=True, slots=True)
class Made:
    """What a twin was made with, and comes back to."""

    profile: Profile
    card: Card
    hosts: Mapping[str, str | tuple[str, int]]
    offline: bool
    faults: FaultPlan | None
    script: Script | None

    def erase(self, hardware: Hardware) -> None:
        """NVRAM and files. Raises `StateError` when the state directory cannot be written."""
        hardware.flash.erase()
        hardware.nvram.erase()

    def restore(self, hardware: Hardware) -> None:
        """All the rest, of a module that is off. Raises `StateError`."""
        first = Sim.issued(self.card)
        first.keep = hardware.sim.keep
        first.store()
        hardware.sims[:] = [first, Sim(present=False)]
        hardware.profile = self.profile
        hardware.gpio = Gpio()
        # Others hold these two.
        _put(hardware.cell, Cell())
        _put(hardware.surroundings, Surroundings(self.profile.value("battery_mv")))
        if (hosts := hardware.hosts) is not None:
            hosts.change({**dict.fromkeys(hosts), **self.hosts})
            hosts.offline = self.offline


def _put(there: Cell | Surroundings, new: Cell | Surroundings) -> None:
    for each in fields(new):
        setattr(there, each.name, getattr(new, each.name))
