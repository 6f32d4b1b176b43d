"""Looking names up beside everything else: AT+CDNSGIP (spec: network.md §5)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import NameResolved, NameUnknown
from atwin.net.network import NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.urc import Urc
    from atwin.net.network import Network

log = logging.getLogger("atwin.twin")

#: Seconds the name server may take, and the numbers of `+CDNSGIP: 0,` this module comes to.
RESOLVE_TIME = 30.0
NO_SUCH_NAME, NO_NAME_SERVER = 10, 11


async def look_up(network: Network, name: str, urc: Callable[[Urc], None]) -> None:
    """Say `name`'s address, or that it has none."""
    try:
        async with asyncio.timeout(RESOLVE_TIME):
            address = await network.resolve(name)
    except NetworkError as error:
        log.info("CDNSGIP: %s", error)
        urc(NameUnknown(NO_SUCH_NAME))
    except TimeoutError:
        log.info("CDNSGIP: no answer about %s in %g s", name, RESOLVE_TIME)
        urc(NameUnknown(NO_NAME_SERVER))
    else:
        urc(NameResolved(name, address))
