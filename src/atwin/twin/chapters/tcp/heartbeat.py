"""^HEARTCONFIG: what the module sends on one link again and again (docs/spec/general.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.twin.chapters.tcp.scene import ClientState

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from atwin.twin.chapters.tcp.link import Link
    from atwin.twin.engine.run import Run

#: Seconds between two, before the host sets them.
_INTERVAL = 120


class Heartbeat:
    """One link of a run has it at most, and only while it is connected."""

    def __init__(self, run: Run, links: Mapping[int, Link]) -> None:
        """`links` by number, as they come and go."""
        self._run = run
        self._links = links
        self._clock = run.hardware.clock
        self.on = False
        #: The number of the link, and seconds between two heartbeats.
        self.number = 0
        self.interval = _INTERVAL
        self.content = run.hardware.identity.imei.encode("latin-1")
        #: How many have gone out, and when the last one did, or the link came up.
        self.count = 0
        self._last = 0.0
        self._beating: asyncio.Task[None] | None = None

    def configure(self, *, on: bool, number: int, interval: int) -> None:
        """^HEARTCONFIG; off forgets what was counted."""
        self.on, self.number, self.interval = on, number, interval
        if not on:
            self.count = 0
        self._stop()
        if link := self._link:
            self.follow(link)

    def follow(self, link: Link) -> None:
        """`link` is connected: if it is the one, its first heartbeat is due one interval later."""
        if self.on and link is self._link:
            self._stop()
            self._last = self._clock.now()
            self._beating = self._run.spawn(self._beat(link))

    def send_now(self, number: int) -> None:
        """The content goes out at once, on an open link of that number."""
        link = self._links.get(number)
        if link is not None and link.state is ClientState.CONNECTED:
            self._run.spawn(self._send(link))

    @property
    def times(self) -> tuple[int, int]:
        """Seconds since the last one, or since the link came up, and to the next; 0 without one."""
        if not self.on or self._link is None:
            return 0, 0
        since = int(self._clock.now() - self._last)
        return since, max(0, self.interval - since)

    @property
    def _link(self) -> Link | None:
        link = self._links.get(self.number)
        return link if link is not None and link.state is ClientState.CONNECTED else None

    def _stop(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None

    async def _beat(self, link: Link) -> None:
        while True:
            await self._clock.sleep(self.interval)
            if link is not self._link:
                return
            self._last = self._clock.now()
            await self._send(link)
            self.count += 1

    async def _send(self, link: Link) -> None:
        await link.send(self._clock, self.content, counted=False)
