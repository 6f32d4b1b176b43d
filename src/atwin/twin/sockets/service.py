"""The scene and its links: what the CIP… commands work on (spec: network.md §4, §5)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from atwin.at.cme import Cme
from atwin.at.reply import AtError, CmeError, Reply, frame_urc
from atwin.at.urc import (
    Closed,
    ConnectFail,
    ConnectOk,
    DataWaiting,
    NameResolved,
    NameUnknown,
    PdpDeact,
    SceneState,
    TransportError,
    for_link,
)
from atwin.net.network import KeepAlive, NetworkError, SocketOptions
from atwin.twin.bearer import ACTIVATE_TIME, OPEN_TIME
from atwin.twin.sockets.link import Link, LinkBroken, Secure, SocketError
from atwin.twin.sockets.received import frame_packet
from atwin.twin.sockets.settings import SocketSettings
from atwin.twin.sockets.states import HAS_ADDRESS, MULTI, SINGLE, ClientState, Event, State, Table
from atwin.twin.sockets.transparent import Transparent

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from atwin.twin.hardware import Hardware
    from atwin.twin.interpreter import Passage
    from atwin.twin.pool import ConnectionPool
    from atwin.twin.radio import Radio

log = logging.getLogger(__name__)

#: Seconds a connection may take: as long as vendor hosts wait for it (spec: network.md §1).
CONNECT_TIME = 75.0

#: Seconds the name server may take, and the numbers of `+CDNSGIP: 0,` this module comes to.
RESOLVE_TIME = 30.0
NO_SUCH_NAME, NO_NAME_SERVER = 10, 11

#: Link numbers with AT+CIPMUX=1; a single link is number 0.
NUMBERS = range(6)

#: AT+CIPRXGET: how the host gets what a link receives.
AT_ONCE, ON_REQUEST, ON_REQUEST_TOLD_ALWAYS = 0, 1, 5


class Line(Protocol):
    """What the links need of the interpreter."""

    def urc(self, text: str) -> None:
        """Say something in the next gap."""

    def in_gap(self, output: Callable[[], bytes]) -> None:
        """Write what `output` gives in the next gap."""

    def say(self, raw: bytes) -> None:
        """Write at once."""

    async def drain(self) -> None:
        """Return when what was written has left."""

    def hand_over(self, passage: Passage) -> None:
        """Let `passage` have what is typed."""

    def take_back(self) -> None:
        """Commands again."""

    def resume(self) -> None:
        """The passage can take more."""


class Sockets:
    """One run's sockets: RAM, all but what AT+CIPSCONT saves."""

    def __init__(
        self,
        hardware: Hardware,
        radio: Radio,
        pool: ConnectionPool,
        line: Line,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        secure: Secure | None,
    ) -> None:
        self.hardware = hardware
        self.settings = SocketSettings.boot(hardware.nvram)
        self.state = State.INITIAL
        self.links: dict[int, Link] = {}
        #: AT+CIPRXGET.
        self.receive_mode = AT_ONCE
        #: AT+CLPORT, by link number and kind; 0 is any.
        self.local_ports: dict[tuple[int, str], int] = {}
        self._radio = radio
        self._pool = pool
        self._line = line
        self._spawn = spawn
        self._secure = secure
        self._transparent: Transparent | None = None
        radio.on_pdp_lost(self._pdp_lost)

    # --- the scene ------------------------------------------------------------------------------

    @property
    def multi(self) -> bool:
        """AT+CIPMUX=1."""
        return bool(self.settings.mux)

    def move(self, event: Event) -> None:
        """Go where the table says. Raises `CmeError` 3 where it says nothing."""
        following = self._table.get((self.state, event))
        if following is None:
            raise CmeError(Cme.NOT_ALLOWED)
        self.state = following

    @property
    def _table(self) -> Table:
        return MULTI if self.multi else SINGLE

    def require_initial(self) -> None:
        """Raises `CmeError` 3 unless the scene is unused."""
        if self.state is not State.INITIAL:
            raise CmeError(Cme.NOT_ALLOWED)

    @property
    def address(self) -> str | None:
        """The module's address as far as the scene knows it."""
        return self._radio.address if self.state in HAS_ADDRESS else None

    async def raise_scene(self) -> None:
        """AT+CIICR. Raises `CmeError`: 3 in a wrong state, 65535 without a network."""
        self.move(Event.CIICR)
        if not await self._raise_pdp():
            self.move(Event.NO_PDP)
            raise CmeError(Cme.OTHER_ERROR, (str(PdpDeact()),))
        self.move(Event.RAISED)

    async def _raise_pdp(self) -> bool:
        if self._radio.attached:
            is_up = self._radio.address is not None
            await self.hardware.pause(OPEN_TIME if is_up else ACTIVATE_TIME)
        return self._radio.attached and self._radio.attach()

    def shut(self) -> None:
        """AT+CIPSHUT: from any state to the first one, without a word about the links."""
        self._close_all()
        self.links.clear()
        self.move(Event.SHUT)

    def _pdp_lost(self) -> None:
        if (self.state, Event.PDP_LOST) not in self._table:
            return
        self._line.urc(str(PdpDeact()))
        self._close_all()
        self.move(Event.PDP_LOST)

    def _close_all(self) -> None:
        for link in self.links.values():
            link.close()
        self._end_transparent()

    # --- links ----------------------------------------------------------------------------------

    def connected(self, number: int = 0) -> Link:
        """The open link of that number. Raises `CmeError` 3."""
        link = self.links.get(number)
        if link is None or link.state is not ClientState.CONNECTED:
            raise CmeError(Cme.NOT_ALLOWED)
        return link

    def named(self, link: Link, text: str) -> str:
        """`text` with the link's number in front where there are several."""
        return for_link(link.number if self.multi else None, text)

    def start(self, number: int, kind: str, host: str, port: int) -> Reply:
        """AT+CIPSTART: everything after its OK. Raises `CmeError` 3."""
        before = self.links.get(number)
        if before is not None and before.state is ClientState.CONNECTED:
            return Reply(final=self.named(before, "ALREADY CONNECT"))
        if before is not None and before.alive:
            raise CmeError(Cme.NOT_ALLOWED)
        unused = self.state is State.INITIAL
        self.move(Event[kind])
        link = Link(number, kind, host, port, self._pool.take())
        self.links[number] = link
        link.task = self._spawn(self._serve(link, unused))
        return Reply()

    def close(self, number: int) -> Reply:
        """AT+CIPCLOSE. Raises `AtError` when there is nothing to close."""
        link = self.links.get(number)
        if link is None or not link.alive:
            raise AtError
        link.close()
        self._link_down(link)
        return Reply(final=self.named(link, "CLOSE OK"))

    async def _serve(self, link: Link, unused: bool) -> None:
        """The life of a link, from its start to what is said about its end."""
        try:
            if not await self._open(link, unused):
                return
            self._is_connected(link)
            await link.carry(self)
        except LinkBroken as broken:
            log.info("link %d: %s ERROR %d: %s", link.number, link.kind, broken.number, broken)
            self._ended(link, broken.number)
        except Exception as defect:
            log.error("link %d failed in a way it should not", link.number, exc_info=defect)
            self._ended(link, SocketError.ABORTED)
        else:
            log.info("link %d: closed by the peer", link.number)
            self._ended(link, None)
        finally:
            link.release()

    async def _open(self, link: Link, unused: bool) -> bool:
        if link.slot is None:
            self._line.urc(str(TransportError(link.kind, SocketError.NO_TSAPI)))
            self._failed(link, Event.FAILED, "eight connections are in use")
            return False
        if unused and not await self._raise_pdp():
            self._failed(link, Event.NO_PDP, "there is no PDP")
            return False
        secure = self._secure if self.settings.ssl and link.kind == "TCP" else None
        try:
            async with asyncio.timeout(CONNECT_TIME):
                await link.open(self.hardware.network, self._options(link), secure)
        except NetworkError as error:
            self._failed(link, Event.FAILED, str(error))
            return False
        except TimeoutError:
            self._failed(link, Event.FAILED, f"not connected in {CONNECT_TIME:g} s")
            return False
        return True

    def _options(self, link: Link) -> SocketOptions:
        wanted = self.settings
        keep_alive = None
        if wanted.keep_alive:
            keep_alive = KeepAlive(wanted.keep_idle, wanted.keep_interval, wanted.keep_count)
        return SocketOptions(self.local_ports.get((link.number, link.kind), 0), keep_alive)

    def _failed(self, link: Link, event: Event, why: str) -> None:
        log.info("link %d to %s:%d: %s", link.number, link.host, link.port, why)
        link.release()
        if self.multi:
            self._all_ended()
        else:
            self.move(event)
            self._line.urc(str(SceneState(self.state.value)))
        self._line.urc(str(ConnectFail(self._number(link))))

    def _is_connected(self, link: Link) -> None:
        link.state = ClientState.CONNECTED
        if not self.multi:
            self.move(Event.CONNECTED)
        if self.settings.mode:
            self._transparent = Transparent(self.hardware.clock, self._line, self._spawn, link)
            self._line.in_gap(self._begin_transparent)
        else:
            self._line.urc(str(ConnectOk(self._number(link))))

    def _ended(self, link: Link, error: SocketError | None) -> None:
        # Said before the line is commands again: what the host has typed behind is for the peer.
        if error is not None:
            self._line.urc(str(TransportError(link.kind, error)))
        self._line.urc(str(Closed(self._number(link))))
        link.release()
        self._link_down(link)

    def _link_down(self, link: Link) -> None:
        self._end_transparent()
        if self.multi:
            self._all_ended()
        else:
            self.move(Event[f"{link.kind}_ENDED"])

    def _all_ended(self) -> None:
        if not any(link.alive for link in self.links.values()):
            self.move(Event.ALL_ENDED)

    def _number(self, link: Link) -> int | None:
        return link.number if self.multi else None

    # --- names ----------------------------------------------------------------------------------

    def look_up(self, name: str) -> None:
        """AT+CDNSGIP: everything after its OK. Raises `CmeError` 3 without a scene."""
        if self.address is None:
            raise CmeError(Cme.NOT_ALLOWED)
        self._spawn(self._look_up(name))

    async def _look_up(self, name: str) -> None:
        try:
            async with asyncio.timeout(RESOLVE_TIME):
                address = await self.hardware.network.resolve(name)
        except NetworkError as error:
            log.info("CDNSGIP: %s", error)
            self._line.urc(str(NameUnknown(NO_SUCH_NAME)))
        except TimeoutError:
            log.info("CDNSGIP: no answer about %s in %g s", name, RESOLVE_TIME)
            self._line.urc(str(NameUnknown(NO_NAME_SERVER)))
        else:
            self._line.urc(str(NameResolved(name, address)))

    # --- received data, see `Delivery` ----------------------------------------------------------

    def holds(self, link: Link) -> bool:
        """See `Delivery.holds`."""
        if self.settings.mode:
            return self._transparent is None or not self._transparent.active
        return self.receive_mode != AT_ONCE

    def fetchable(self, link: Link) -> bool:
        """See `Delivery.fetchable`."""
        return not self.settings.mode and self.receive_mode != AT_ONCE

    def arrived(self, link: Link) -> None:
        """See `Delivery.arrived`."""
        if self.fetchable(link) and not (link.announced and self.receive_mode == ON_REQUEST):
            link.announced = True
            self._line.urc(str(DataWaiting(self._number(link))))

    async def deliver(self, link: Link, packet: bytes) -> None:
        """See `Delivery.deliver`."""
        if self.settings.mode:
            self._line.say(packet)
        else:
            await self._write_in_gap(link, packet)
        await self._line.drain()

    async def _write_in_gap(self, link: Link, packet: bytes) -> None:
        written = asyncio.get_running_loop().create_future()

        def output() -> bytes:
            if written.done():  # the link was closed while its packet waited
                return b""
            written.set_result(None)
            return frame_packet(self.settings, link, packet)

        self._line.in_gap(output)
        await written

    def set_receive_mode(self, mode: int) -> None:
        """AT+CIPRXGET=0, 1 or 5; what waits already is announced, or goes out."""
        self.receive_mode = mode
        for link in self.links.values():
            link.announced = False
            if link.waiting:
                self.arrived(link)
            link.mode_changed()

    def fetch(self, link: Link, size: int) -> bytes:
        """AT+CIPRXGET=2 and 3."""
        link.announced = False
        return link.fetch(size)

    # --- transparent mode -----------------------------------------------------------------------

    def _begin_transparent(self) -> bytes:
        """The CONNECT that hands the line over; nothing when the link is gone by now."""
        if self._transparent is None:
            return b""
        self._transparent.begin()
        return frame_urc("CONNECT")

    def _end_transparent(self) -> None:
        transparent, self._transparent = self._transparent, None
        if transparent is not None:
            transparent.end()

    def online(self) -> Reply:
        """ATO."""
        transparent = self._transparent
        if transparent is None:
            return Reply(final="NO CARRIER")
        return Reply(final="CONNECT", after=transparent.begin)
