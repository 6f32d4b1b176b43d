"""The parts of a board whose content a state directory keeps, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.twin.board.flash import Flash
from atwin.twin.board.nvram import Nvram
from atwin.twin.board.sim import Card, Sim

if TYPE_CHECKING:
    from atwin.disk.state import StateDirectory
    from atwin.models import Profile


def kept_nvram(state: StateDirectory | None) -> Nvram:
    """As it was last. Raises `StateError`."""
    return Nvram() if state is None else Nvram(state.load_records(), state.keep_records)


def kept_flash(profile: Profile, state: StateDirectory | None) -> Flash:
    """The files as they were last. Raises `StateError`."""
    capacity, block = profile.limit("fs_total"), profile.limit("fs_block")
    if state is None:
        return Flash(capacity, block)
    files, directories = state.load_files(), state.load_directories()
    return Flash(capacity, block, files=files, directories=directories, store=state)


def kept_sim(state: StateDirectory | None, card: Card | None) -> Sim:
    """`card`, or the one that was in last."""
    if state is None:
        return Sim.issued(card or Card())
    sim = Sim.restored(state.load_card(), card)
    sim.keep = state.keep_card
    return sim
