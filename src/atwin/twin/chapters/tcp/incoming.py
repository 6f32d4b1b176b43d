"""What links have received, on its way to the host (spec: network.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import DataWaiting
from atwin.twin.chapters.tcp.received import frame_packet

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.line import Line
    from atwin.twin.chapters.tcp.link import Link
    from atwin.twin.chapters.tcp.settings import SocketSettings

#: AT+CIPRXGET: how the host gets what a link receives.
AT_ONCE, ON_REQUEST, ON_REQUEST_TOLD_ALWAYS = 0, 1, 5


class Incoming:
    """A link's `Delivery`, by AT+CIPMODE and AT+CIPRXGET.

    Pushed packets pass one at a time: the next one is read from the network when the line has
    carried the last one away.
    """

    def __init__(self, settings: SocketSettings, line: Line) -> None:
        #: AT+CIPRXGET; RAM, not part of AT+CIPSCONT.
        self.mode = AT_ONCE
        #: Whether the line is a link's now (transparent mode).
        self.online = False
        self._settings = settings
        self._line = line

    def holds(self, link: Link) -> bool:
        if self._settings.mode:
            return not self.online
        return self.mode != AT_ONCE

    def fetchable(self, link: Link) -> bool:
        return not self._settings.mode and self.mode != AT_ONCE

    def arrived(self, link: Link) -> None:
        if self.fetchable(link) and not (link.announced and self.mode == ON_REQUEST):
            link.announced = True
            self._line.urc(DataWaiting(link.number if self._settings.mux else None))

    async def deliver(self, link: Link, packet: bytes) -> None:
        if self._settings.mode:
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
            return frame_packet(self._settings, link, packet)

        self._line.in_gap(output)
        await written

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
