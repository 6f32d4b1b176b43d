"""The one real PDP, and the contexts that show it (docs/spec/network.md §1, §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import PdnChanged

if TYPE_CHECKING:
    from atwin.twin.engine.run import Run


@dataclass(slots=True)
class PdpContext:
    """A PDP context as AT+CGDCONT defines it. An empty APN leaves the choice to the network."""

    pdp_type: str = "IP"
    apn: str = ""
    active: bool = False


class Pdp:
    """Up while it has an address."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.default_cid = run.profile.limit("default_cid")
        #: None while it is down.
        self.address: str | None = None
        self.contexts = {self.default_cid: PdpContext()}

    def bring_up(self, apn: str | None = None) -> None:
        """Take an address, if the network gives one; `apn` None is the default context's."""
        context = self.contexts.setdefault(self.default_cid, PdpContext())
        cell, hardware = self._run.hardware.cell, self._run.hardware
        if self.address is None and cell.gives(context.apn if apn is None else apn):
            self.address = cell.lease(hardware.identity.imsi)
            context.active = True
            hardware.trace.notes("net", "PDP is up", address=self.address)
            self._run.pdp_up()

    def announce(self, by: str, what: str) -> None:
        """Say that `by` ("ME" or "NW") has activated or deactivated it ("ACT" or "DEACT")."""
        self._run.urc(PdnChanged(by, what, self.default_cid))

    def drop(self, by: str | None = None) -> None:
        """Go down, if it is up, and tell the chapters; the host too if it is said `by` whom."""
        if self.address is None:
            return
        if by is not None:
            self.announce(by, "DEACT")
        self.address = None
        self._run.hardware.trace.notes("net", "PDP is down")
        for context in self.contexts.values():
            context.active = False
        self._run.pdp_lost()
