"""The scene: state machine and PDP under the links (spec: network.md §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.dialect.urcs import PdpDeact
from atwin.at.reply import CmeError
from atwin.twin.chapters.bearer import ACTIVATE_TIME, OPEN_TIME
from atwin.twin.chapters.network.radio import FULL
from atwin.twin.chapters.tcp.states import HAS_ADDRESS, MULTI, SINGLE, Event, State

if TYPE_CHECKING:
    from atwin.twin.board.hardware import Hardware
    from atwin.twin.chapters.network.radio import Radio
    from atwin.twin.chapters.tcp.settings import SocketSettings


class Scene:
    """Where the tables of `states` have led."""

    def __init__(self, settings: SocketSettings, hardware: Hardware, radio: Radio) -> None:
        self.state = State.INITIAL
        self._settings = settings
        self._hardware = hardware
        self._radio = radio

    @property
    def multi(self) -> bool:
        """AT+CIPMUX=1."""
        return bool(self._settings.mux)

    @property
    def unused(self) -> bool:
        """Whether nothing of it is up: IP INITIAL."""
        return self.state is State.INITIAL

    def following(self, event: Event) -> State | None:
        """Where `event` leads from here; None where it may not happen."""
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
        """Raises `CmeError` 3 after AT+CFUN=0 or 4 (spec: network.md §2)."""
        if self._radio.functionality != FULL:
            raise CmeError(Cme.NOT_ALLOWED)

    async def bring_up(self) -> None:
        """AT+CIICR.

        Raises `CmeError`: 3 in a wrong state or without radio, 65535 without a network.
        """
        self.require_radio()
        self.move(Event.CIICR)
        if not await self.raise_pdp():
            self.move(Event.NO_PDP)
            raise CmeError(Cme.OTHER_ERROR, (str(PdpDeact()),))
        self.move(Event.RAISED)

    async def raise_pdp(self) -> bool:
        """See that there is a PDP, if the module is attached."""
        if self._radio.attached:
            is_up = self._radio.address is not None
            await self._hardware.pause(OPEN_TIME if is_up else ACTIVATE_TIME)
        return self._radio.attached and self._radio.attach()
