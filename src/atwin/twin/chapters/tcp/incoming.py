"""How the host gets what links receive: by itself, or on request (docs/spec/network.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.at.dialect.results import PacketOfLink
from atwin.at.dialect.urcs import DataWaiting, ReceivedFrom

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.link import Link
    from atwin.twin.chapters.tcp.settings import TcpSettings
    from atwin.twin.engine.run import Run

#: AT+CIPRXGET: how the host gets what a link receives.
AT_ONCE, ON_REQUEST, ON_REQUEST_TOLD_ALWAYS = 0, 1, 5

_CR_LF = "\r\n"


class Incoming:
    """How packets reach the host, by AT+CIPMODE and AT+CIPRXGET.

    Pushed packets pass one at a time: the next one is read from the network when the line has
    carried the last one away.
    """

    def __init__(self, run: Run, settings: TcpSettings) -> None:
        #: AT+CIPRXGET; RAM, not part of AT+CIPSCONT.
        self.mode = AT_ONCE
        #: Whether the line is a link's now (transparent mode).
        self.online = False
        self._settings = settings
        self._run = run

    def holds(self) -> bool:
        """Whether packets are to wait in the module."""
        if self._settings.mode:
            return not self.online
        return self.mode != AT_ONCE

    def fetchable(self) -> bool:
        """Whether the host fetches held packets itself, also from a link that has ended."""
        return not self._settings.mode and self.mode != AT_ONCE

    def arrived(self, link: Link) -> None:
        """A packet waits."""
        if self.fetchable() and not (link.announced and self.mode == ON_REQUEST):
            link.announced = True
            number = link.number if self._settings.mux else None
            self._run.urc(DataWaiting(number, self.source(link)))

    def source(self, link: Link) -> str | None:
        """The peer, where this firmware reports it in AT+CIPRXGET (AT+CIPSRIP=1)."""
        is_shown = self._settings.show_source and self._run.profile.has("srip_in_rxget")
        return link.peer if is_shown else None

    async def deliver(self, link: Link, packet: bytes) -> None:
        """Put a packet on the line; returns when it has left."""
        if self._settings.mode:
            self._run.line.say(packet)
        else:
            await self._write_in_gap(link, packet)
        await self._run.line.drain()

    async def _write_in_gap(self, link: Link, packet: bytes) -> None:
        written = asyncio.get_running_loop().create_future()

        def output() -> bytes:
            if written.done():  # the link was closed while its packet waited
                return b""
            written.set_result(None)
            return self._framed(link, packet)

        self._run.line.in_gap(output)
        await written

    def _framed(self, link: Link, packet: bytes) -> bytes:
        """One packet as the host sees it when it does not fetch it itself."""
        settings, size = self._settings, len(packet)
        head = ""
        if settings.mux:
            head = f"\r\n{PacketOfLink(link.number, size)}\r\n"
        else:
            if settings.show_source:
                head = f"\r\n{ReceivedFrom(link.peer)}\r\n"
            if settings.head:
                protocol = f",{link.kind}" if settings.show_protocol else ""
                head = f"{head or _CR_LF}+IPD,{size}{protocol}:"
        return head.encode("latin-1") + packet + (b"" if settings.bare_packets else b"\r\n")

    def mode_changed(self, link: Link) -> None:
        """After `mode`: what waits already is announced, or goes out."""
        link.announced = False
        if link.waiting:
            self.arrived(link)
        link.mode_changed()

    def fetch(self, link: Link, size: int) -> bytes:
        """Up to `size` of the bytes that wait; then the next arrival is announced."""
        link.announced = False
        return link.fetch(size)
