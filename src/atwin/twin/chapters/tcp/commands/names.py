"""Names and name servers (spec: network.md §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.command import Family
from atwin.at.kinds import BadArgument, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.net.address import is_literal
from atwin.twin.chapters.tcp.names import look_up

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.service import Sockets

_LONGEST_NAME = 255


class NameCommands(Family):
    """The name server as the host sees it (spec: network.md §5)."""

    title = "Names"

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        #: AT+CDNSCFG; None leaves them to the network.
        self._servers: tuple[str, str] | None = None

    @command.set("+CDNSGIP")
    def look_up(self, name: Annotated[str, Text("name", _LONGEST_NAME)]) -> None:
        """Ask for the address of a name: `+CDNSGIP: 1,"<name>","<address>"` follows the OK.

        Or `+CDNSGIP: 0,<error>`: 10 no such name, 11 no answer. Needs the scene.
        """
        if not name:
            raise BadArgument("a name is wanted")
        if self._sockets.scene.address is None:
            raise CmeError(Cme.NOT_ALLOWED)
        sockets = self._sockets
        sockets.spawn(look_up(sockets.hardware.network, name, sockets.line.urc))

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
            raise BadArgument("a name server is wanted")
        self._servers = (primary, secondary or primary)

    @command.read("+CDNSCFG")
    def servers(self) -> Reply:
        """Both name servers."""
        primary, secondary = self._servers or self._sockets.hardware.cell.dns
        return Reply((f"PrimaryDns: {primary}", f"SecondaryDns: {secondary}"))
