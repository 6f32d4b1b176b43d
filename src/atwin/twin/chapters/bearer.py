"""The bearers of HTTP and FTP: AT+SAPBR (docs/spec/network.md §3, §4; http.md §9)."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.urcs import BearerDeact
from atwin.at.kinds import BadArgument, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.twin.board.sim import Access
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Chapter, ChapterService, Commands, Run

if TYPE_CHECKING:
    from collections.abc import Callable

CIDS = range(1, 4)

#: Seconds SAPBR=1 takes when the PDP is up already, and when it has to be activated first.
OPEN_TIME = 0.3
ACTIVATE_TIME = 1.2

CONNECTING, CONNECTED, CLOSED = 0, 1, 3
NO_ADDRESS = "0.0.0.0"

_FACTORY = {
    "CONTYPE": "GPRS",
    "APN": "",
    "USER": "",
    "PWD": "",
    "PHONENUM": "",
    "RATE": "2",
}
_LONGEST = 50
_ACCEPTED = {"CONTYPE": ("GPRS", "CSD"), "RATE": ("0", "1", "2", "3")}
_SET = 3


class BearerCommands(Commands):
    """The bearers HTTP and FTP run on (docs/spec/network.md §3)."""

    title = "Bearers"

    def __init__(self, run: Run) -> None:
        self._bearers = run.find(Bearers)
        #: SAPBR=2 shows the address as `010.169.179.213`, without quotes (OQ-35).
        self._padded = run.profile.quirks.sapbr_padded

    @command.set("+SAPBR", test=True)
    def bearer(
        self,
        action: Annotated[int, Range(0, 4)],
        cid: Annotated[int, Range(1, 3)],
        tag: Annotated[str | None, Text("ConParamTag")] = None,
        value: Annotated[str | None, Text("ConParamValue", _LONGEST)] = None,
    ) -> str | Reply | Awaitable[None] | None:
        """Close (0), open (1) or query (2) a bearer, set (3) or get (4) its parameters.

        Status in the query: 0 connecting, 1 connected, 2 closing, 3 closed. Tags: CONTYPE
        (GPRS or CSD), APN, USER, PWD, PHONENUM (at most 50 bytes), RATE (0-3). Opening takes
        0.1 to 2 seconds.
        """
        if (tag is not None and action < _SET) or (value is not None) != (action == _SET):
            raise BadArgument("not for this action")
        match action:
            case 0:
                self._bearers.close(cid)
                return None
            case 1:
                return self._bearers.open(cid)
            case 2:
                return f"+SAPBR: {cid},{self._status(cid)}"
            case 3:
                self._set(cid, tag or "", value or "")
                return None
            case _:
                return self._get(cid, tag)

    def _status(self, cid: int) -> str:
        status, address = self._bearers.status(cid)
        if self._padded:
            return f"{status},{'.'.join(part.zfill(3) for part in address.split('.'))}"
        return f'{status},"{address}"'

    def _set(self, cid: int, tag: str, value: str) -> None:
        tag = _known(tag)
        accepted = _ACCEPTED.get(tag)
        if accepted is not None and value.upper() not in accepted:
            raise BadArgument(value)
        self._bearers.parameters(cid)[tag] = value

    def _get(self, cid: int, tag: str | None) -> Reply:
        parameters = self._bearers.parameters(cid)
        tags = parameters if tag is None else (_known(tag),)
        return Reply(tuple(f'+SAPBR: "{tag}","{parameters[tag]}"' for tag in tags))


def _known(tag: str) -> str:
    if tag.upper() not in _FACTORY:
        raise BadArgument(tag)
    return tag.upper()


class Bearers(ChapterService):
    """Three bearers on one real PDP, each open or closed on its own."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._bearers = {cid: _Bearer() for cid in CIDS}

    def ready(self, cid: int) -> bool:
        """Whether the bearer carries data now; a closed one is opened if the PDP is up.

        That needs the profile's `implicit_bearer` (docs/spec/http.md §9).
        """
        bearer = self._bearers[cid]
        if bearer.status == CLOSED and self.run.profile.quirks.implicit_bearer:
            bearer.status = CONNECTED if self._radio.address is not None else CLOSED
        return bearer.status == CONNECTED

    def watch(self, cid: int, lost: Callable[[], None]) -> Callable[[], None]:
        """Call `lost` once when the bearer goes down; its URC is queued by then.

        Returns what ends the watch.
        """
        watchers = self._bearers[cid].watchers
        watchers.append(lost)

        def unwatch() -> None:
            if lost in watchers:
                watchers.remove(lost)

        return unwatch

    async def open(self, cid: int) -> None:
        """SAPBR=1, activating the PDP when there is none. Raises `CmeError` 3."""
        bearer = self._bearers[cid]
        if bearer.status != CLOSED or not self._radio.attached:
            raise CmeError(Cme.NOT_ALLOWED)
        bearer.status = CONNECTING
        is_up = self._radio.address is not None
        try:
            await self.run.hardware.pause(OPEN_TIME if is_up else ACTIVATE_TIME)
            if not self._radio.attach(bearer.access):
                raise CmeError(Cme.NOT_ALLOWED)
            bearer.status = CONNECTED
        finally:
            if bearer.status == CONNECTING:
                bearer.status = CLOSED

    def close(self, cid: int) -> None:
        """SAPBR=0. Raises `CmeError` 3 when it is not open."""
        bearer = self._bearers[cid]
        if bearer.status != CONNECTED:
            raise CmeError(Cme.NOT_ALLOWED)
        for lost in bearer.drop():
            lost()

    def status(self, cid: int) -> tuple[int, str]:
        """0 connecting, 1 connected, 3 closed; and the address."""
        bearer = self._bearers[cid]
        address = self._radio.address if bearer.status == CONNECTED else None
        return bearer.status, address or NO_ADDRESS

    def parameters(self, cid: int) -> dict[str, str]:
        """The values of SAPBR=3 by tag; RAM only."""
        return self._bearers[cid].parameters

    def pdp_lost(self) -> None:
        """Every open bearer goes down with it."""
        watchers: list[Callable[[], None]] = []
        for cid, bearer in self._bearers.items():
            if bearer.status == CONNECTED:
                self.run.urc(BearerDeact(cid))
                watchers += bearer.drop()
        # Only now: what ends a request here says so after the last DEACT (docs/spec/network.md §4).
        for lost in watchers:
            lost()


@dataclass(slots=True)
class _Bearer:
    parameters: dict[str, str] = field(default_factory=lambda: dict(_FACTORY))
    status: int = CLOSED
    watchers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def access(self) -> Access | None:
        """What it asks for of its own; None where its APN is empty."""
        apn, user, password = (self.parameters[tag] for tag in ("APN", "USER", "PWD"))
        return Access(apn, user, password) if apn else None

    def drop(self) -> list[Callable[[], None]]:
        """Go down; who is to be told of it."""
        watchers, self.watchers = self.watchers, []
        self.status = CLOSED
        return watchers


CHAPTER = Chapter((BearerCommands,), Bearers)
