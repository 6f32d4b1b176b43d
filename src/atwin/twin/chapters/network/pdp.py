"""The one real PDP, and the contexts that show it (docs/spec/network.md §1, §4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

from atwin.at.dialect.urcs import Detached, PdnChanged
from atwin.twin.board.sim import WAYS, Access

if TYPE_CHECKING:
    from atwin.twin.board.nvram import Nvram
    from atwin.twin.engine.run import Run


@dataclass(slots=True)
class PdpContext:
    """A PDP context as AT+CGDCONT defines it. An empty APN leaves the choice to the network."""

    pdp_type: str = "IP"
    apn: str = ""
    active: bool = False


_STORED = "apn"


@dataclass(slots=True)
class StoredApn:
    """The definition of the default PDP that AT+CPNETAPN keeps."""

    #: AT+AUTOAPN: the network chooses, or whatever else is defined.
    automatic: int = 1
    apn: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    auth: int = 0

    @classmethod
    def boot(cls, nvram: Nvram) -> Self:
        """What was kept, or the factory's."""
        return nvram.restore(_STORED, cls(), {"automatic": range(2), "auth": range(len(WAYS))})

    def save(self, nvram: Nvram) -> None:
        """Keep it."""
        nvram.store(_STORED, asdict(self))

    @property
    def access(self) -> Access | None:
        """What is asked for, None where that is chosen otherwise."""
        if self.automatic or not self.apn:
            return None
        return Access(self.apn, self.user, self.password, self.auth)


class Pdp:
    """Up while it has an address, which every active context shows."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.default_cid = run.profile.limit("default_cid")
        #: None while it is down.
        self.address: str | None = None
        #: With which access point it came up.
        self.apn = ""
        self.contexts = {self.default_cid: PdpContext()}
        #: AT+CGAUTH, by cid: one of `WAYS`, user, password.
        self.auth: dict[int, tuple[int, str, str]] = {}
        #: AT+CPNETAPN.
        self.stored = StoredApn.boot(run.hardware.nvram)
        #: AT+CGEREP: whether `+CGEV:` is said, and what becomes of those that were not.
        self.reports = run.profile.value("cgerep_default")
        self.buffer = 0

    def access(self, cid: int) -> Access | None:
        """What AT+CGDCONT and AT+CGAUTH say of a context; None where its APN is empty."""
        apn = self.contexts[cid].apn if cid in self.contexts else ""
        auth, user, password = self.auth.get(cid, (0, "", ""))
        return Access(apn, user, password, auth) if apn else None

    def default_access(self) -> Access:
        """What the default PDP is asked for with: AT+CPNETAPN's where that is in use."""
        return self.stored.access or self.access(self.default_cid) or Access()

    def access_of(self, cid: int) -> Access:
        """What a context is asked for with; another one without an APN is as the default one."""
        own = None if cid == self.default_cid else self.access(cid)
        return own or self.default_access()

    def activate(self, cid: int, access: Access) -> bool:
        """Make a context active, which the network gives for `access`; whether it was not so.

        The first one takes an address.
        """
        context = self.contexts.setdefault(cid, PdpContext())
        if context.active:
            return False
        context.active, hardware = True, self._run.hardware
        if self.address is None:
            self.apn = access.apn or hardware.cell.apn
            self.address = hardware.cell.lease(hardware.identity.imsi)
            hardware.trace.notes("net", "PDP is up", address=self.address)
            self._run.pdp_up()
        return True

    def deactivate(self, cid: int) -> None:
        """Make a context inactive; with the default one, and with the last, the PDP goes down."""
        context = self.contexts[cid]
        was_active, context.active = context.active, False
        if was_active and (cid == self.default_cid or not self.active):
            self.drop()

    @property
    def active(self) -> list[int]:
        """The active contexts."""
        return [cid for cid, context in sorted(self.contexts.items()) if context.active]

    def announce(self, by: str, what: str, *cids: int) -> None:
        """Say that `by` ("ME" or "NW") has activated or deactivated contexts ("ACT" or "DEACT").

        Without `cids` that is all active ones.
        """
        reason = 0 if what == "ACT" and self._run.profile.has("cgev_reason") else None
        for cid in cids or self.active:
            self._report(PdnChanged(by, what, cid, reason))

    def announce_detach(self) -> None:
        """Say that the module has left the packet network."""
        self._report(Detached())

    def _report(self, urc: PdnChanged | Detached) -> None:
        if self.reports:
            self._run.urc(urc)

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
