"""Where the module is, by its cell or by wireless networks (docs/spec/general.md §5).

What is found comes from the control socket (docs/reference/control.md).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from atwin.at import command
from atwin.at.dialect.urcs import WifiCount, WifiSeen
from atwin.at.kinds import OneOf, Range, Text
from atwin.at.reply import Reply
from atwin.twin.chapters.bearer import CONNECTED, Bearers
from atwin.twin.engine.run import Chapter, Commands, Run

#: Codes of an answer without a position; the others are the server's.
NOTHING_FOUND, NO_BEARER, NO_SLOT = 1, 601, 604
_POSITION, _TIME = 1, 2
_QUARTER = 900
#: Access points a scan reports when nobody says how many.
_MOST = 30


class LocationCommands(Commands):
    """The position by cell or by wireless networks (docs/spec/general.md §5)."""

    title = "Location"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._server = ("bs.openluat.com", 12411)

    @command.set("+GSMLOCFG")
    def set_server(
        self, host: Annotated[str, Text("host", 64)], port: Annotated[int, Range(1, 65_535)]
    ) -> None:
        """The server that knows where cells are; the twin does not ask it."""
        self._server = (host, port)

    @command.read("+GSMLOCFG")
    def server(self) -> str:
        """The server."""
        host, port = self._server
        return f"+GSMLOCFG: {host}:{port}"

    @command.test("+GSMLOCFG")
    def servers(self) -> str:
        """What AT+GSMLOCFG takes."""
        return "+GSMLOCFG: (addr),(port)"

    @command.set("+CIPGSMLOC", test=True)
    async def by_cell(
        self, kind: Annotated[int, OneOf(_POSITION, _TIME)], cid: Annotated[int, Range(1, 3)]
    ) -> str:
        """Position and time (1) or the time (2), by the cell; needs the open bearer <cid>.

        After a while: 0, degrees north and east, date, local time; or a number alone: 1 not found,
        601 no bearer, 604 no free connection, others from the server.
        """
        return f"+CIPGSMLOC: {await self._found(kind, cid, 'locate')}"

    @command.set("+WIFILOC", test=True)
    async def by_wifi(
        self,
        kind: Annotated[int, OneOf(_POSITION, _TIME)],
        cid: Annotated[int, Range(1, 3)],
        mode: Annotated[int, OneOf(0, 1)] = 0,
    ) -> str:
        """The same by wireless networks, which takes longer."""
        nothing = not self.run.hardware.surroundings.access_points
        return f"+WIFILOC: {await self._found(kind, cid, 'locate_wifi', nothing=nothing)}"

    async def _found(self, kind: int, cid: int, time: str, *, nothing: bool = False) -> str:
        code = await self._asked(cid, time)
        code = code or (NOTHING_FOUND if nothing else 0)
        if code:
            return str(code)
        hardware = self.run.hardware
        local = hardware.clock.wall() + _QUARTER * hardware.cell.zone_quarters
        when = f"{datetime.fromtimestamp(local, UTC):%Y/%m/%d,%H:%M:%S}"
        if kind == _TIME:
            return f"0,{when}"
        north, east = hardware.surroundings.position
        return f"0,{north:.7f},{east:.7f},{when}"

    async def _asked(self, cid: int, time: str) -> int:
        """The code after the time a server takes, or at once where it cannot be asked."""
        run, bearers = self.run, self.run.find(Bearers)
        if bearers.status(cid)[0] != CONNECTED:
            return NO_BEARER
        slot = run.pool.take("location")
        if slot is None:
            return NO_SLOT
        deadline = asyncio.timeout(None)
        unwatch = bearers.watch(cid, lambda: deadline.reschedule(0))
        try:
            async with deadline:
                await run.hardware.pause(run.profile.seconds(time))
        except TimeoutError:
            return NO_BEARER
        finally:
            unwatch()
            slot.release(lingers=False)
        return run.hardware.surroundings.location_code


class WifiCommands(Commands):
    """Wireless networks in reach (docs/spec/general.md §5)."""

    title = "Wireless networks"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._counts = 0
        self._names, self._advance = 0, 0

    @command.set("+WIFISCAN", needs="wifi_scan")
    async def scan(
        self,
        priority: Annotated[int, OneOf(0, 1)],
        most: Annotated[int, Range(1, _MOST)],
        seconds: Annotated[int, Range(0, 255)],
    ) -> Reply:
        """Scan for at most this many networks and seconds; 0 is the usual time.

        A line each: MAC address, dBm, channel.
        """
        return Reply(tuple(map(str, await self._scanned(most, seconds))))

    @command.read("+WIFISCAN", needs="wifi_scan")
    async def scan_all(self) -> Reply:
        """Scan, as with AT+WIFISCAN=0,30,0."""
        return Reply(tuple(map(str, await self._scanned())))

    @command.execute("+WIFISCAN", needs="wifi_scan")
    def scan_aside(self) -> None:
        """The same, with OK before the scan."""
        self.run.spawn(self._say())

    @command.set("+WIFISCANCOUNT", needs="wifi_scan")
    def set_count(self, on: Annotated[int, OneOf(0, 1)]) -> None:
        """Whether a scan begins with the number of networks."""
        self._counts = on

    @command.read("+WIFISCANCOUNT", needs="wifi_scan")
    def count(self) -> str:
        """Whether it does."""
        return f"+WIFISCANCOUNT: {self._counts}"

    @command.set("+WIFISCANCONF", needs="wifi_scan")
    def set_lines(
        self, names: Annotated[int, OneOf(0, 1)], advance: Annotated[int, OneOf(0, 1)]
    ) -> None:
        """Whether a line begins with the network's name, and ends with the timing advance."""
        self._names, self._advance = names, advance

    @command.read("+WIFISCANCONF", needs="wifi_scan")
    def lines(self) -> str:
        """Both, as the module has them: without anything between."""
        return f"+WIFISCANCONF: SSID: {self._names}TaValue: {self._advance}"

    async def _say(self) -> None:
        for line in await self._scanned():
            self.run.urc(line)

    async def _scanned(self, most: int = _MOST, seconds: int = 0) -> list[WifiCount | WifiSeen]:
        usual = self.run.profile.seconds("scan_wifi")
        await self.run.hardware.pause(min(usual, seconds or usual))
        points = self.run.hardware.surroundings.access_points[:most]
        seen: list[WifiCount | WifiSeen] = [WifiCount(len(points))] if self._counts else []
        for point in points:
            name = point.name if self._names else None
            advance = -1 if self._advance else None
            seen.append(WifiSeen(name, point.mac, point.rssi, point.channel, advance))
        return seen


CHAPTER = Chapter((LocationCommands, WifiCommands))
