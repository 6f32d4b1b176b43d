"""The links and what happens to them: what CIP… commands work on (docs/spec/network.md §4, §5)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.dialect.results import AlreadyConnect, CloseOk, NoCarrier
from atwin.at.dialect.urcs import (
    Closed,
    Connect,
    ConnectFail,
    ConnectOk,
    SceneState,
    SecureClosed,
    TransportError,
)
from atwin.at.reply import AtError, CmeError, Reply, frame_urc
from atwin.net.network import KeepAlive, NetworkError, SocketOptions, address_and_port
from atwin.twin.chapters.tcp.heartbeat import Heartbeat
from atwin.twin.chapters.tcp.incoming import Incoming
from atwin.twin.chapters.tcp.link import Link, LinkBroken, SocketError
from atwin.twin.chapters.tcp.scene import ClientState, Event, Scene
from atwin.twin.chapters.tcp.settings import TcpSettings
from atwin.twin.chapters.tcp.transparent import Transparent
from atwin.twin.engine.run import ChapterService

if TYPE_CHECKING:
    from atwin.twin.engine.run import Run

log = logging.getLogger("atwin.twin")

#: Seconds a connection may take: as long as vendor hosts wait for it (docs/spec/network.md §1).
CONNECT_TIME = 75.0
#: Seconds after which a module that is `connect_silent` gives up a name.
_NAME_TIME = 12.0

#: Link numbers with AT+CIPMUX=1; a single link is number 0.
NUMBERS = range(6)


class Sockets(ChapterService):
    """One run's sockets: RAM, all but what AT+CIPSCONT saves."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.settings = TcpSettings.boot(run.hardware.nvram)
        self.scene = Scene(run, self.settings)
        self.incoming = Incoming(run, self.settings)
        self.links: dict[int, Link] = {}
        #: AT+CLPORT, by link number and kind; 0 is any.
        self.local_ports: dict[tuple[int, str], int] = {}
        self._transparent: Transparent | None = None
        #: What was typed in transparent mode and not sent when its link ended.
        self._unsent = b""
        self._heartbeat: Heartbeat | None = None

    @property
    def multi(self) -> bool:
        """AT+CIPMUX=1."""
        return self.scene.multi

    def number(self, link: Link) -> int | None:
        """What the module calls `link`: None where there is only one."""
        return link.number if self.multi else None

    # --- opening --------------------------------------------------------------------------------

    def connected(self, number: int = 0) -> Link:
        """The open link of that number. Raises `CmeError` 3."""
        link = self.links.get(number)
        if link is None or link.state is not ClientState.CONNECTED:
            raise CmeError(Cme.NOT_ALLOWED)
        return link

    def start(self, number: int, kind: str, host: str, port: int) -> Reply:
        """AT+CIPSTART: everything after its OK. Raises `CmeError` 3."""
        before = self.links.get(number)
        if before is not None and before.state is ClientState.CONNECTED:
            return self._already(str(AlreadyConnect(self.number(before))))
        if before is not None and before.alive:
            raise CmeError(Cme.NOT_ALLOWED)
        self.scene.require_radio()
        needs_pdp = self.scene.needs_pdp
        self.scene.move(Event[kind])
        peer = address_and_port(host, port)
        slot = self.run.pool.take(kind.lower(), peer, number)
        link = Link(number, kind, host, port, slot)
        self.links[number] = link
        link.task = self.run.spawn(self._serve(link, needs_pdp))
        return Reply()

    def _already(self, said: str) -> Reply:
        if self.run.profile.has("already_cme"):
            self.run.line.in_gap(lambda: frame_urc(said))
            raise CmeError(Cme.OTHER_ERROR)
        return Reply(final=said)

    async def _serve(self, link: Link, needs_pdp: bool) -> None:
        """The life of a link, from its start to what is said about its end."""
        try:
            if not await self._open(link, needs_pdp):
                return
            self._is_connected(link)
            await link.carry(self.incoming)
        except LinkBroken as broken:
            log.info("link %d: %s ERROR %d: %s", link.number, link.kind, broken.number, broken)
            self._ended(link, broken.number)
        except Exception as defect:
            log.error("link %d failed in a way it should not", link.number, exc_info=defect)
            if link.state is ClientState.CONNECTING:
                self._failed(link, Event.FAILED, "see above")
            else:
                self._ended(link, SocketError.ABORTED)
        else:
            log.info("link %d: closed by the peer", link.number)
            self._ended(link, None)
        finally:
            link.release()

    async def _open(self, link: Link, needs_pdp: bool) -> bool:
        if needs_pdp and not await self.scene.raise_pdp():
            self._failed(link, Event.NO_PDP, "there is no PDP")
            return False
        if link.slot is None:
            self.run.urc(TransportError(link.kind, SocketError.NO_TSAPI))
            self._failed(link, Event.FAILED, "eight connections are in use")
            return False
        secure = bool(self.settings.ssl)
        silent = self.run.profile.has("connect_silent")
        try:
            async with asyncio.timeout(CONNECT_TIME):
                await link.find_peer(self.run, patience=_NAME_TIME if silent else None)
                await link.open(self.run, self._options(link), secure=secure)
        except NetworkError as error:
            self._failed(link, Event.FAILED, str(error))
            return False
        except TimeoutError:
            why = f"not connected in {CONNECT_TIME:g} s"
            self._failed(link, Event.FAILED, why, told=not silent)
            return False
        return True

    def _options(self, link: Link) -> SocketOptions:
        wanted = self.settings
        keep_alive = None
        if wanted.keep_alive:
            keep_alive = KeepAlive(wanted.keep_idle, wanted.keep_interval, wanted.keep_count)
        return SocketOptions(self.local_ports.get((link.number, link.kind), 0), keep_alive)

    def _failed(self, link: Link, event: Event, why: str, *, told: bool = True) -> None:
        """`told`: whether the host hears of it."""
        log.info("link %d to %s:%d: %s", link.number, link.host, link.port, why)
        link.release()
        if self.multi and event is Event.FAILED:
            self._perhaps_the_last()
        else:
            self.scene.move(event)
        if told:
            if not self.multi:
                self.run.urc(SceneState(self.scene.state.value))
            self.run.urc(ConnectFail(self.number(link)))

    def _is_connected(self, link: Link) -> None:
        log.info("link %d: %s to %s:%d", link.number, link.kind, link.address, link.port)
        link.state = ClientState.CONNECTED
        if self._heartbeat is not None:
            self._heartbeat.follow(link)
        if not self.multi:
            self.scene.move(Event.CONNECTED)
        if self.settings.mode:
            unsent, self._unsent = self._unsent, b""
            transparent = Transparent(
                self.run, link, self.incoming, self.settings, unsent, self._hang_up
            )
            self._transparent = transparent
            self.run.line.in_gap(lambda: self._begin(transparent))
        else:
            self.run.urc(ConnectOk(self.number(link)))

    # --- closing --------------------------------------------------------------------------------

    def close(self, number: int) -> Reply:
        """AT+CIPCLOSE. Raises `AtError` or `CmeError` when there is nothing to close."""
        link = self.links.get(number)
        if link is None or not link.alive:
            plain = self.run.profile.choice("cipclose_error") == "error"
            raise AtError if plain else CmeError(Cme.NOT_ALLOWED)
        link.close()
        self._link_down(link)
        return Reply(final=str(CloseOk(self.number(link))))

    def _hang_up(self, link: Link) -> None:
        """DTR went off in transparent mode, with AT&D2."""
        link.close()
        self.run.urc(Closed())
        self._link_down(link)

    def shut(self) -> None:
        """AT+CIPSHUT: from any state to the first one, without a word about the links."""
        self._close_all()
        self.links.clear()
        self._unsent = b""
        self.scene.move(Event.SHUT)

    def pdp_lost(self) -> None:
        """Every link goes down with it."""
        if self.scene.following(Event.PDP_LOST) is None:
            return
        self.run.urc(self.scene.pdp_deact)
        self._close_all()
        self.scene.move(Event.PDP_LOST)

    def _close_all(self) -> None:
        for link in self.links.values():
            link.close()
        self._end_transparent()

    def _ended(self, link: Link, error: SocketError | None) -> None:
        # Said before the line is commands again: what the host typed after it is for the peer.
        if error is not None:
            self.run.urc(TransportError(link.kind, error))
        if error is None and link.secure and self.run.profile.has("tls_close_ok"):
            self.run.urc(SecureClosed(self.number(link)))
            link.forget()
        else:
            self.run.urc(Closed(self.number(link)))
        link.release()
        self._link_down(link)

    def _link_down(self, link: Link) -> None:
        self._end_transparent()
        if self.multi:
            self._perhaps_the_last()
        else:
            self.scene.move(Event[f"{link.kind}_ENDED"])

    def _perhaps_the_last(self) -> None:
        if not any(link.alive for link in self.links.values()):
            self.scene.move(Event.ALL_ENDED)

    @property
    def heartbeat(self) -> Heartbeat:
        """What ^HEARTCONFIG sets up; made when somebody asks for it."""
        if self._heartbeat is None:
            self._heartbeat = Heartbeat(self.run, self.links)
        return self._heartbeat

    # --- received data --------------------------------------------------------------------------

    def set_receive_mode(self, mode: int) -> None:
        """AT+CIPRXGET=0, 1 or 5."""
        self.incoming.mode = mode
        for link in self.links.values():
            self.incoming.mode_changed(link)

    # --- transparent mode -----------------------------------------------------------------------

    def _begin(self, transparent: Transparent) -> bytes:
        """The CONNECT that hands the line over; nothing when the link is gone by now."""
        if self._transparent is not transparent:
            return b""
        transparent.begin()
        return frame_urc(str(Connect()))

    def _end_transparent(self) -> None:
        transparent, self._transparent = self._transparent, None
        if transparent is not None:
            self._unsent = transparent.end()

    def online(self) -> Reply:
        """ATO."""
        if self._transparent is None:
            return Reply(final=str(NoCarrier()))
        begin = self._transparent.begin
        return Reply(final=str(Connect()), after=begin, takes_line=True)
