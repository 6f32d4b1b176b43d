"""Where the module stands in the network, and who is told of it (docs/spec/network.md §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import NetworkMode, Registration, Service
from atwin.twin.board.cell import SERVICE
from atwin.twin.engine.run import ChapterService, Run

if TYPE_CHECKING:
    from collections.abc import Callable

#: Registration states of `+CREG:` that this module itself comes to.
NOT_REGISTERED, SEARCHING = 0, 2


class NetworkState(ChapterService):
    """The state of registration, and the place: what has been said of both."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._hardware = run.hardware
        self._urc = run.urc
        self._booted = False  # so far that it looks after its card
        self.cell = run.hardware.cell
        #: As in `+CREG: <n>,<stat>`.
        self.stat = NOT_REGISTERED
        self._told_place = ("", "")
        self.attached = False
        #: Called when registration, cell or signal may have changed.
        self.watchers: list[Callable[[], None]] = []

    @property
    def registered(self) -> bool:
        """At home or roaming."""
        return self.stat in SERVICE

    def registration(self, mode: int) -> str:
        """What the read form and the URC of AT+CREG share, in report mode `mode`."""
        if mode < 2 or not self.registered:
            return str(self.stat)
        return f'{self.stat},"{self.cell.tac}","{self.cell.cell_id}",7'

    def _leave(self, stat: int) -> bool:
        """Go out of service; whether there was any."""
        had_service = self.registered
        if had_service:
            self._urc(NetworkMode(0, 0))
            self._urc(Service("NO"))
        self._move_to(stat)
        self.attached = False
        return had_service

    def _move_to(self, stat: int) -> None:
        if stat != self.stat:
            self._stay_at(stat)

    @property
    def _place(self) -> tuple[str, str]:
        return self.cell.tac, self.cell.cell_id

    def _stay_at(self, stat: int) -> None:
        """Be registered so at this place, and say whatever of it is new."""
        moved = stat != self.stat
        self.stat, self._told_place = stat, self._place
        if moved:
            self._hardware.trace.notes("net", "registration", stat=stat)
        settings = self.run.settings
        for kind, mode in (
            ("CREG", settings.creg),
            ("CGREG", settings.cgreg),
            ("CEREG", settings.cereg),
        ):
            if mode >= (1 if moved else 2) and self._booted:
                self._urc(Registration(kind, self.registration(mode)))
        self._tell_watchers()

    def _tell_watchers(self) -> None:
        for watcher in self.watchers:
            watcher()
