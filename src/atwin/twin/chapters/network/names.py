"""Who is asked for names: the network's servers, or those of AT+CDNSCFG (docs/spec/general.md §7).

The network's are stood for by the resolver of this computer; others are really asked, by UDP.
"""

from __future__ import annotations

import ipaddress
import logging
from itertools import takewhile
from typing import TYPE_CHECKING

from atwin.net.names import PATIENCE, TRIES, can_ask
from atwin.net.network import NameServers, UnansweredError, is_literal
from atwin.twin.engine.run import ChapterService

if TYPE_CHECKING:
    from atwin.twin.engine.run import Run

log = logging.getLogger("atwin.twin")

#: TEST-NET-1 to 3 (RFC 5737): where nobody is.
_NOWHERE = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))


class Names(ChapterService):
    """The name servers of one run: RAM, so they are the network's again after a restart."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        #: By the bearer of AT+SAPBR; None is for links.
        self._servers: dict[int | None, tuple[str, ...]] = {}
        self._asks = run.profile.has("real_dns")

    def choose(self, servers: tuple[str, ...], cid: int | None) -> None:
        """AT+CDNSCFG: ask these in turn, for links or for what runs on bearer `cid`."""
        self._servers[cid] = servers
        if self._asks and not can_ask():
            self._asks = False
            log.warning(
                "AT+CDNSCFG: dnspython is not there (pip install 'atwin[dns]'), "
                "so this computer's resolver is asked for names"
            )

    def shown(self) -> tuple[str, str]:
        """The two for links."""
        servers = self._servers.get(None) or self.run.hardware.cell.dns
        return servers[0], servers[-1]

    async def resolve(self, host: str, cid: int | None = None) -> str:
        """The address of `host` for a link, or for bearer `cid`. Raises `ResolveError`."""
        hardware, of_network = self.run.hardware, self.run.hardware.cell.dns
        if hardware.hosts is not None and hardware.hosts.decides(host):
            return await hardware.network.resolve(host)
        chosen = () if is_literal(host) else dict.fromkeys(self._servers.get(cid, ()))
        own = tuple(takewhile(lambda server: server not in of_network, chosen))
        reached = tuple(server for server in own if self._can_be_reached(server))
        try:
            if self._asks and reached:
                return await hardware.network.resolve(host, NameServers(reached, hardware.dns_port))
            if own and not reached:
                await hardware.pause(len(own) * TRIES * PATIENCE)
                raise UnansweredError(f"no address for {host!r}: {', '.join(own)} is nowhere")
        except UnansweredError:
            if len(own) == len(chosen):
                raise
        return await hardware.network.resolve(host)

    async def look_up(self, host: str) -> str:
        """The same for the host, which may go to the address by itself."""
        address = await self.resolve(host)
        if (hosts := self.run.hardware.hosts) is not None:
            hosts.looked_up(address)
        return address

    def _can_be_reached(self, server: str) -> bool:
        address = ipaddress.ip_address(server)
        nowhere = not self._asks and any(address in network for network in _NOWHERE)
        return not (address.is_unspecified or nowhere)
