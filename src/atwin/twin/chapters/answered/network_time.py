"""AT+CNTP, with the clock of this computer as the server (docs/spec/time-ftp.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.urcs import NetworkClockSet
from atwin.at.kinds import Range, Text
from atwin.at.reply import CmeError
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.chapters.bearer import Bearers
from atwin.twin.engine.run import Chapter, ChapterService, Run

if TYPE_CHECKING:
    import asyncio

#: Seconds until a server has answered, and what AT+CNTP says of it.
_ANSWER_TIME = 0.3
_DONE, _NO_NETWORK = 1, 61

_BEARER = Row("+CNTPCID", {"cid": Range(1, 3)}, "The bearer that is used.", kept=(1,))
_SERVER = Row(
    "+CNTP",
    {"server": Text("server", 255), "zone": Range(-47, 48)},
    "The server that gives the time, and the zone in quarter hours.",
    least=1,
    kept="ntp_default",
    read='"{}",{},5',
    test="",
)


class TimeCommands(Answered):
    """The time of the network: the clock of this computer answers in place of every server."""

    title = "NTP"
    effect = True
    rows = (_BEARER, _SERVER)

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._clock = run.find(NetworkClock)

    @command.execute("+CNTP")
    def synchronise(self) -> None:
        """Set the clock; +CNTP: 1 says that it is done, 61 that there was no network."""
        (cid,), (_, zone) = self.kept(_BEARER), self.kept(_SERVER)
        self._clock.ask(int(cid), int(zone))


class NetworkClock(ChapterService):
    """The clock of the network, asked by one command at a time."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._bearers = run.find(Bearers)
        self._task: asyncio.Task[None] | None = None

    def ask(self, cid: int, zone: int) -> None:
        """Set the module's clock to UTC, and its zone. Raises `CmeError` while that goes on."""
        if self.at_work:
            raise CmeError(Cme.NOT_ALLOWED)
        self._task = self.run.spawn(self._ask(cid, zone))

    @property
    def at_work(self) -> bool:
        return self._task is not None and not self._task.done()

    async def _ask(self, cid: int, zone: int) -> None:
        hardware = self.run.hardware
        code = _NO_NETWORK
        if self._bearers.ready(cid):
            await hardware.clock.sleep(_ANSWER_TIME)
            hardware.rtc.zone_quarters = zone
            hardware.rtc.set(hardware.clock.wall())
            code = _DONE
        self.run.urc(NetworkClockSet(code))


CHAPTER = Chapter((TimeCommands,), NetworkClock)
