"""Whether a host answers (docs/spec/network.md §5)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.results import OK
from atwin.at.kinds import BadArgument, Range, Text
from atwin.at.reply import CmeError, Reply, frame_final, frame_lines
from atwin.net.network import NetworkError
from atwin.twin.chapters.network.names import Names
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.net.network import Network

log = logging.getLogger("atwin.twin")

#: Bytes of a name at most.
_LONGEST_NAME = 255
#: What a ping is without parameters: how many, bytes, time-out, hops.
_USUAL = (4, 32, 100, 64)
#: What is printed for an answer that did not come.
_NO_TIME, _NO_TTL = 600, 255
#: Unit of the time-out, in seconds.
_TENTH = 0.1
#: Seconds between two of a ping without end.
_PAUSE = 1.0


class PingCommands(Commands):
    """Whether a host answers; needs the PDP, not the scene (docs/spec/network.md §5)."""

    title = "Ping"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._fewest = 0 if run.profile.has("ping_endless") else 1

    @command.set("+CIPPING")
    async def ping(
        self,
        host: Annotated[str, Text("host", _LONGEST_NAME)],
        count: Annotated[int, Range(0, 100)] = _USUAL[0],
        size: Annotated[int, Range(0, 1024)] = _USUAL[1],
        timeout: Annotated[int, Range(1, 600)] = _USUAL[2],
        ttl: Annotated[int, Range(1, 255)] = _USUAL[3],
    ) -> Reply:
        """Ping <count> times with <size> bytes, waiting <timeout> tenths of a second each.

        A line each: number, address, milliseconds and hops left; 600 and 255 without an answer.
        With count 0 it goes on until the host sends any byte.
        """
        if count < self._fewest:
            raise BadArgument("a count of 0 is of later firmware")
        if self._radio.address is None:
            raise CmeError(Cme.NOT_ALLOWED)
        try:
            address = await self.run.find(Names).resolve(host)
        except NetworkError as error:
            log.info("CIPPING: %s", error)
            raise CmeError(Cme.NOT_ALLOWED) from None
        echo = _Echo(self.run.hardware.network, address, size, timeout * _TENTH, ttl)
        if not count:
            return Reply(final=None, after=_Endless(self.run, echo).begin, takes_line=True)
        lines = []
        for number in range(1, count + 1):
            lines.append(await echo.line(number))
            if self._radio.address is None:
                break
        return Reply(tuple(lines))

    @command.read("+CIPPING")
    def usual(self) -> str:
        """The defaults of AT+CIPPING: how many, bytes, time-out, hops."""
        return f"+CIPPING: {','.join(map(str, _USUAL))}"

    @command.test("+CIPPING")
    def ping_range(self) -> str:
        """What AT+CIPPING takes after the host."""
        return f"+CIPPING: ({self._fewest}-100),(0-1024),(1-600),(1-255)"


@dataclass(frozen=True, slots=True)
class _Echo:
    """One ping, as often as wanted."""

    network: Network
    address: str
    size: int
    seconds: float
    ttl: int

    async def line(self, number: int) -> str:
        """Ping, and what is said of it."""
        time, left = await self._once()
        return f'+CIPPING: {number},"{self.address}",{time},{left}'

    async def _once(self) -> tuple[int, int]:
        try:
            async with asyncio.timeout(self.seconds):
                pong = await self.network.ping(self.address, self.size, self.ttl)
        except TimeoutError:
            return _NO_TIME, _NO_TTL
        except NetworkError as error:
            log.warning("CIPPING: %s", error)
            return _NO_TIME, _NO_TTL
        return round(pong.seconds * 1000), pong.ttl


class _Endless:
    """Pings on a line that takes no commands, until a byte is typed or the PDP is gone."""

    def __init__(self, run: Run, echo: _Echo) -> None:
        self._run = run
        self._echo = echo
        self._pinging: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The line is ours."""
        self._run.line.hand_over(self)
        self._pinging = self._run.spawn(self._go_on())

    def typed(self, rx: bytearray) -> None:
        """That is the end, whatever was typed."""
        if rx and self._pinging is not None:
            rx.clear()
            self._pinging.cancel()
            self._end()

    async def _go_on(self) -> None:
        number = 0
        while self._run.find(Radio).address is not None:
            number += 1
            self._run.line.say(frame_lines((await self._echo.line(number),), self._run.settings))
            await self._run.hardware.clock.sleep(_PAUSE)
        self._end()

    def _end(self) -> None:
        self._pinging = None
        self._run.line.say(frame_final(OK, self._run.settings))
        self._run.line.take_back()
