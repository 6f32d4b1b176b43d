"""AT+CIPPING (spec: network.md §5)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.command import Family
from atwin.at.kinds import Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.net.network import NetworkError

if TYPE_CHECKING:
    from atwin.twin.board.hardware import Hardware
    from atwin.twin.chapters.network.radio import Radio

log = logging.getLogger("atwin.twin")

_LONGEST_HOST = 255
#: What is printed for an answer that did not come.
_NO_TIME, _NO_TTL = 600, 255
#: Unit of the time-out, in seconds.
_TENTH = 0.1


class PingCommands(Family):
    """Whether a host answers; needs the PDP, not the scene (spec: network.md §5)."""

    title = "Ping"

    def __init__(self, radio: Radio, hardware: Hardware) -> None:
        self._radio = radio
        self._hardware = hardware

    @command.set("+CIPPING")
    async def ping(
        self,
        host: Annotated[str, Text("host", _LONGEST_HOST)],
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
