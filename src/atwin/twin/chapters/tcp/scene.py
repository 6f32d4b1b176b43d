"""The scene: the states of AT+CIPSTATUS, what leads from one to another, and the PDP below.

All of the state machine is in the two tables; what is not in them is not allowed
(docs/spec/network.md §5). The values are what AT+CIPSTATUS prints.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.dialect.urcs import PdpDeact
from atwin.at.reply import CmeError
from atwin.twin.chapters.bearer import ACTIVATE_TIME, OPEN_TIME
from atwin.twin.chapters.network.radio import FULL, Radio

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.settings import TcpSettings
    from atwin.twin.engine.run import Run


class IpState(Enum):
    """The scene: the way to the network, and with a single link that link too.

    TCP CLOSING, which the vendor's picture has, is not here: a close is over before the module
    reads the next command.
    """

    INITIAL = "IP INITIAL"
    START = "IP START"
    CONFIG = "IP CONFIG"
    GPRSACT = "IP GPRSACT"
    STATUS = "IP STATUS"
    TCP_CONNECTING = "TCP CONNECTING"
    UDP_CONNECTING = "UDP CONNECTING"
    CONNECT_OK = "CONNECT OK"
    TCP_CLOSED = "TCP CLOSED"
    UDP_CLOSED = "UDP CLOSED"
    PROCESSING = "IP PROCESSING"
    PDP_DEACT = "PDP DEACT"


class Event(Enum):
    """What moves the scene: a command, or something that happened."""

    CSTT = "AT+CSTT"
    CIICR = "AT+CIICR"
    RAISED = "the PDP is up"
    NO_PDP = "the PDP does not come up"
    CIFSR = "AT+CIFSR"
    TCP = "AT+CIPSTART with TCP"
    UDP = "AT+CIPSTART with UDP"
    CONNECTED = "the link is up"
    FAILED = "the link did not come up"
    TCP_ENDED = "a TCP link is down"
    UDP_ENDED = "a UDP link is down"
    ALL_ENDED = "the last link is down"
    PDP_LOST = "the PDP is gone"
    SHUT = "AT+CIPSHUT"


class ClientState(Enum):
    """One link, as AT+CIPSTATUS lists it."""

    INITIAL = "INITIAL"
    CONNECTING = "CONNECTING"
    CONNECTED = "CONNECTED"
    CLOSED = "CLOSED"


Table = dict[tuple[IpState, Event], IpState]

_UP: Table = {
    (IpState.INITIAL, Event.CSTT): IpState.START,
    (IpState.START, Event.CIICR): IpState.CONFIG,
    (IpState.CONFIG, Event.RAISED): IpState.GPRSACT,
    (IpState.CONFIG, Event.NO_PDP): IpState.PDP_DEACT,
    (IpState.GPRSACT, Event.CIFSR): IpState.STATUS,
}


def _everywhere(event: Event, to: IpState, *states: IpState) -> Table:
    return {(state, event): to for state in states}


#: From INITIAL the module goes the way to the network by itself, and it needs no AT+CIFSR. The
#: manual has the first with a single link only, the second not at all (flag `cip_needs_scene`).
_SHORT_WAYS = (IpState.INITIAL, IpState.GPRSACT)

#: AT+CIPMUX=0.
SINGLE: Table = {
    **_UP,
    **_everywhere(
        Event.TCP,
        IpState.TCP_CONNECTING,
        *(*_SHORT_WAYS, IpState.STATUS, IpState.TCP_CLOSED, IpState.UDP_CLOSED),
    ),
    **_everywhere(
        Event.UDP,
        IpState.UDP_CONNECTING,
        *(*_SHORT_WAYS, IpState.STATUS, IpState.TCP_CLOSED, IpState.UDP_CLOSED),
    ),
    **_everywhere(Event.NO_PDP, IpState.PDP_DEACT, IpState.TCP_CONNECTING, IpState.UDP_CONNECTING),
    **_everywhere(
        Event.CONNECTED, IpState.CONNECT_OK, IpState.TCP_CONNECTING, IpState.UDP_CONNECTING
    ),
    **_everywhere(Event.FAILED, IpState.STATUS, IpState.TCP_CONNECTING, IpState.UDP_CONNECTING),
    **_everywhere(Event.TCP_ENDED, IpState.TCP_CLOSED, IpState.TCP_CONNECTING, IpState.CONNECT_OK),
    **_everywhere(Event.UDP_ENDED, IpState.UDP_CLOSED, IpState.UDP_CONNECTING, IpState.CONNECT_OK),
    **_everywhere(
        Event.PDP_LOST,
        IpState.PDP_DEACT,
        *(IpState.GPRSACT, IpState.STATUS, IpState.TCP_CONNECTING, IpState.UDP_CONNECTING),
        *(IpState.CONNECT_OK, IpState.TCP_CLOSED, IpState.UDP_CLOSED),
    ),
    **_everywhere(Event.SHUT, IpState.INITIAL, *IpState),
}

#: AT+CIPMUX=1: the links have states of their own.
MULTI: Table = {
    **_UP,
    **_everywhere(Event.TCP, IpState.PROCESSING, *_SHORT_WAYS, IpState.STATUS, IpState.PROCESSING),
    **_everywhere(Event.UDP, IpState.PROCESSING, *_SHORT_WAYS, IpState.STATUS, IpState.PROCESSING),
    # Each link that waited for the PDP says so.
    **_everywhere(Event.NO_PDP, IpState.PDP_DEACT, IpState.PROCESSING, IpState.PDP_DEACT),
    **_everywhere(Event.ALL_ENDED, IpState.STATUS, IpState.PROCESSING),
    **_everywhere(
        Event.PDP_LOST, IpState.PDP_DEACT, IpState.GPRSACT, IpState.STATUS, IpState.PROCESSING
    ),
    **_everywhere(Event.SHUT, IpState.INITIAL, *IpState),
}

#: In these AT+CIFSR gives the address, and names can be resolved.
HAS_ADDRESS = frozenset(
    (
        *(IpState.GPRSACT, IpState.STATUS, IpState.TCP_CONNECTING, IpState.UDP_CONNECTING),
        *(IpState.CONNECT_OK, IpState.TCP_CLOSED, IpState.UDP_CLOSED, IpState.PROCESSING),
    )
)


class Scene:
    """Where the tables have led, and the PDP under the links."""

    def __init__(self, run: Run, settings: TcpSettings) -> None:
        self.state = IpState.INITIAL
        self._settings = settings
        self._hardware = run.hardware
        self._radio = run.find(Radio)
        self._has_colon = run.profile.has("pdp_deact_colon")
        self._needs_scene = run.profile.has("cip_needs_scene")

    @property
    def multi(self) -> bool:
        """AT+CIPMUX=1."""
        return bool(self._settings.mux)

    @property
    def unused(self) -> bool:
        """Whether nothing of it is up: IP INITIAL."""
        return self.state is IpState.INITIAL

    def following(self, event: Event) -> IpState | None:
        """Where `event` leads from here; None where it may not happen."""
        if self._needs_scene and event in (Event.TCP, Event.UDP):
            shut = _SHORT_WAYS if self.multi else (IpState.GPRSACT,)
            if self.state in shut:
                return None
        return (MULTI if self.multi else SINGLE).get((self.state, event))

    def move(self, event: Event) -> None:
        """Go there. Raises `CmeError` 3 where it may not happen."""
        following = self.following(event)
        if following is None:
            raise CmeError(Cme.NOT_ALLOWED)
        self.state = following

    def require_unused(self) -> None:
        """Raises `CmeError` 3 unless the state is IP INITIAL."""
        if not self.unused:
            raise CmeError(Cme.NOT_ALLOWED)

    @property
    def address(self) -> str | None:
        """The module's address as far as the scene knows it."""
        return self._radio.address if self.state in HAS_ADDRESS else None

    def require_radio(self) -> None:
        """Raises `CmeError` 3 after AT+CFUN=0 or 4 (docs/spec/network.md §2)."""
        if self._radio.functionality != FULL:
            raise CmeError(Cme.NOT_ALLOWED)

    async def bring_up(self) -> None:
        """AT+CIICR.

        Raises `CmeError`: 3 in a wrong state or without radio, 65535 without a network.
        """
        self.require_radio()
        self.move(Event.CIICR)
        try:
            is_up = await self.raise_pdp()
        except asyncio.CancelledError:  # given up
            if self.state is IpState.CONFIG:
                self.move(Event.NO_PDP)
            raise
        if not is_up:
            self.move(Event.NO_PDP)
            raise CmeError(Cme.OTHER_ERROR, (str(self.pdp_deact),))
        self.move(Event.RAISED)

    @property
    def pdp_deact(self) -> PdpDeact:
        """As this firmware spells it."""
        return PdpDeact(":" if self._has_colon else None)

    @property
    def needs_pdp(self) -> bool:
        """Whether a link that is opened now has to wait for the PDP."""
        return self.unused or self._radio.address is None

    async def raise_pdp(self) -> bool:
        """See that there is a PDP, if the module is attached."""
        if self._radio.attached:
            is_up = self._radio.address is not None
            await self._hardware.pause(OPEN_TIME if is_up else ACTIVATE_TIME)
        is_up = self._radio.attached and self._radio.attach(self._settings.access)
        return is_up and self.state is not IpState.PDP_DEACT
