"""Names, name servers, and whether a host answers (docs/spec/network.md §5)."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.urcs import NameResolved, NameUnknown
from atwin.at.kinds import BadArgument, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.net.network import NetworkError, is_literal
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.tcp.service import Sockets
from atwin.twin.engine.run import Commands, Run

log = logging.getLogger("atwin.twin")

#: Bytes.
_LONGEST_NAME = 255
#: Seconds the name server may take, and the numbers of `+CDNSGIP: 0,` this module comes to.
RESOLVE_TIME = 30.0
NO_SUCH_NAME, NO_NAME_SERVER = 10, 11
#: What is printed for an answer that did not come.
_NO_TIME, _NO_TTL = 600, 255
#: Unit of the time-out, in seconds.
_TENTH = 0.1


class NameCommands(Commands):
    """The name server as the host sees it (docs/spec/network.md §5)."""

    title = "Names"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)
        #: AT+CDNSCFG; None leaves them to the network.
        self._servers: tuple[str, str] | None = None

    @command.set("+CDNSGIP")
    def look_up(self, name: Annotated[str, Text("name", _LONGEST_NAME)]) -> None:
        """Ask for the address of a name: `+CDNSGIP: 1,"<name>","<address>"` follows the OK.

        Or `+CDNSGIP: 0,<error>`: 10 no such name, 11 no answer. Needs the scene.
        """
        if not name:
            raise BadArgument("a name must be given")
        if self._sockets.scene.address is None:
            raise CmeError(Cme.NOT_ALLOWED)
        run = self._sockets.run
        run.spawn(_look_up(run, name))

    @command.set("+CDNSCFG")
    def set_servers(
        self,
        primary: Annotated[str, Text("primary")],
        secondary: Annotated[str, Text("secondary")] = "",
        cid: Annotated[int | None, Range(1, 3)] = None,
    ) -> None:
        """Name servers, by address. They are shown; names are resolved by the twin's machine."""
        if not all(is_literal(server) for server in (primary, secondary) if server):
            raise BadArgument("name servers are given by address")
        if not primary:
            raise BadArgument("a name server must be given")
        self._servers = (primary, secondary or primary)

    @command.read("+CDNSCFG")
    def servers(self) -> Reply:
        """Both name servers."""
        primary, secondary = self._servers or self._sockets.run.hardware.cell.dns
        return Reply((f"PrimaryDns: {primary}", f"SecondaryDns: {secondary}"))


class PingCommands(Commands):
    """Whether a host answers; needs the PDP, not the scene (docs/spec/network.md §5)."""

    title = "Ping"

    def __init__(self, run: Run) -> None:
        self._radio = run.find(Radio)
        self._hardware = run.hardware

    @command.set("+CIPPING")
    async def ping(
        self,
        host: Annotated[str, Text("host", _LONGEST_NAME)],
        count: Annotated[int, Range(1, 100)] = 4,
        size: Annotated[int, Range(0, 1024)] = 32,
        timeout: Annotated[int, Range(1, 600)] = 100,
        ttl: Annotated[int, Range(1, 255)] = 64,
    ) -> Reply:
        """Ping <count> times with <size> bytes, waiting <timeout> tenths of a second each.

        A line each: number, address, milliseconds and hops left; 600 and 255 without an answer.
        """
        if self._radio.address is None:
            raise CmeError(Cme.NOT_ALLOWED)
        try:
            address = await self._hardware.network.resolve(host)
        except NetworkError as error:
            log.info("CIPPING: %s", error)
            raise CmeError(Cme.NOT_ALLOWED) from None
        lines = []
        for number in range(1, count + 1):
            time, left = await self._once(address, size, timeout * _TENTH, ttl)
            lines.append(f'+CIPPING: {number},"{address}",{time},{left}')
            if self._radio.address is None:
                break
        return Reply(tuple(lines))

    async def _once(self, address: str, size: int, seconds: float, ttl: int) -> tuple[int, int]:
        try:
            async with asyncio.timeout(seconds):
                pong = await self._hardware.network.ping(address, size, ttl)
        except TimeoutError:
            return _NO_TIME, _NO_TTL
        except NetworkError as error:
            log.warning("CIPPING: %s", error)
            return _NO_TIME, _NO_TTL
        return round(pong.seconds * 1000), pong.ttl


async def _look_up(run: Run, name: str) -> None:
    """Say `name`'s address, or that it has none."""
    try:
        async with asyncio.timeout(RESOLVE_TIME):
            address = await run.hardware.network.resolve(name)
    except NetworkError as error:
        log.info("CDNSGIP: %s", error)
        run.urc(NameUnknown(NO_SUCH_NAME))
    except TimeoutError:
        log.info("CDNSGIP: no answer about %s in %g s", name, RESOLVE_TIME)
        run.urc(NameUnknown(NO_NAME_SERVER))
    else:
        run.urc(NameResolved(name, address))
