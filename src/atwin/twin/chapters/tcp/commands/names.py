"""Names and name servers (docs/spec/network.md §5)."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.urcs import NameResolved, NameUnknown
from atwin.at.kinds import BadArgument, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.net.network import NetworkError, UnansweredError, is_literal
from atwin.twin.chapters.network.names import Names
from atwin.twin.chapters.tcp.service import Sockets
from atwin.twin.engine.run import Commands, Run

log = logging.getLogger("atwin.twin")

#: Bytes.
_LONGEST_NAME = 255
#: Seconds the name server may take, and the numbers of `+CDNSGIP: 0,` this module comes to.
RESOLVE_TIME = 30.0
NO_SUCH_NAME, NO_NAME_SERVER = 10, 11


class NameCommands(Commands):
    """The name server as the host sees it (docs/spec/network.md §5)."""

    title = "Names"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)
        self._names = run.find(Names)

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
        """Name servers, by address: for links, or with <cid> for what runs on that SAPBR bearer.

        They are asked one after the other, until the next restart; where none of them answers a
        name has no address. The network's own stand for the resolver of the twin's machine.
        """
        servers = (primary, secondary) if secondary else (primary,)
        if not all(map(is_literal, servers)):
            raise BadArgument("name servers are given by address")
        self._names.choose(servers, cid)

    @command.read("+CDNSCFG")
    def servers(self) -> Reply:
        """Both name servers of the links."""
        primary, secondary = self._names.shown()
        return Reply((f"PrimaryDns: {primary}", f"SecondaryDns: {secondary}"))

    @command.test("+CDNSCFG")
    def servers_range(self) -> str:
        """What AT+CDNSCFG takes."""
        return '+CDNSCFG: ("Primary DNS"),("Secondary DNS")'


async def _look_up(run: Run, name: str) -> None:
    """Say `name`'s address, or that it has none."""
    try:
        async with asyncio.timeout(RESOLVE_TIME):
            address = await run.find(Names).look_up(name)
    except NetworkError as error:
        log.info("CDNSGIP: %s", error)
        silent = isinstance(error, UnansweredError)
        run.urc(NameUnknown(NO_NAME_SERVER if silent else NO_SUCH_NAME))
    except TimeoutError:
        log.info("CDNSGIP: no answer about %s in %g s", name, RESOLVE_TIME)
        run.urc(NameUnknown(NO_NAME_SERVER))
    else:
        run.urc(NameResolved(name, address))
