"""AT^DATAINFO: the module's own traffic counters (docs/spec/network.md §2, flows.md §6)."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, OneOf, Range
from atwin.at.reply import CmeError
from atwin.twin.engine.run import Chapter, ChapterService, Commands, Run

if TYPE_CHECKING:
    import asyncio

    from atwin.twin.board.nvram import Nvram

_RECORD = "datainfo"
#: Seconds between two savings: the least, the most, and before anybody has said.
_LEAST, _MOST, _USUAL = 30, 65_535, 60


class TrafficCommands(Commands):
    """Counters of IP bytes as the operator counts them (docs/spec/network.md §2, flows.md §6)."""

    title = "Traffic counters"

    def __init__(self, run: Run) -> None:
        self._counter = run.find(DataCounter)

    @command.set("^DATAINFO")
    def switch(
        self,
        on: Annotated[int, OneOf(0, 1)],
        interval: Annotated[int, Range(0, _MOST)] = 0,
    ) -> None:
        """Count (1) or not (0); the counters are saved every <interval> (30-65535) seconds.

        Switch and counters are kept by themselves; only AT+RSTSET clears them. 0 switches off with
        or without an interval.
        """
        if 0 < interval < _LEAST or (on and not interval):
            raise BadArgument("interval")
        self._counter.turn(bool(on), interval or self._counter.switch[1])

    @command.test("^DATAINFO")
    def switch_values(self) -> str:
        """What AT^DATAINFO takes."""
        return f"^DATAINFO: (0-1),(0,{_LEAST}-{_MOST})"

    @command.read("^DATAINFO")
    def switched(self) -> str:
        """Whether the module counts, and the seconds between two savings; refused while not."""
        on, interval = self._needs_on()
        return f"^DATAINFO: {int(on)},{interval}"

    @command.execute("^DATAINFO")
    def counted(self) -> str:
        """Bytes up and down since counting began, IP and TCP headers included; refused if off."""
        self._needs_on()
        up, down = self._counter.bytes()
        return f"^DATAINFO: {up},{down}"

    def _needs_on(self) -> tuple[bool, int]:
        on, interval = self._counter.switch
        if not on:
            raise CmeError(Cme.NOT_ALLOWED)
        return on, interval


class DataCounter(ChapterService):
    """Bytes up and down while it is switched on, kept over restarts and power cuts.

    They are saved every `interval` seconds and before an orderly end; a power cut, RESET or a
    crash costs what came after.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._kept = _Kept.boot(run.hardware.nvram)
        #: Bytes of this boot that are in `_kept` already, or came while it was off.
        self._seen = (0, 0)
        self._saved = (self._kept.up, self._kept.down)
        self._saving: asyncio.Task[None] | None = None
        self._restart_saving()

    @classmethod
    def power_up(cls, run: Run, *, warm: bool) -> None:
        """A counter that was on goes on counting."""
        if _Kept.boot(run.hardware.nvram).on:
            run.find(cls)

    @property
    def switch(self) -> tuple[bool, int]:
        """On or off, and the interval in seconds."""
        return self._kept.on, self._kept.interval

    def turn(self, on: bool, interval: int) -> None:
        """Count, or not; what was counted stays."""
        self._take()
        self._kept.on, self._kept.interval = on, interval
        self._saved = (self._kept.up, self._kept.down)
        self.run.hardware.nvram.store(_RECORD, asdict(self._kept))
        self._restart_saving()

    def bytes(self) -> tuple[int, int]:
        """Up and down."""
        self._take()
        return self._kept.up, self._kept.down

    def save(self) -> None:
        """Into NVRAM, if there is anything new."""
        now = self.bytes()
        if now != self._saved:
            self._saved = now
            self.run.hardware.nvram.store(_RECORD, asdict(self._kept))

    def _take(self) -> None:
        bill = self.run.hardware.traffic.boot.count.operator
        up, down = bill.up.total, bill.down.total
        if self._kept.on:
            self._kept.up += up - self._seen[0]
            self._kept.down += down - self._seen[1]
        self._seen = (up, down)

    def _restart_saving(self) -> None:
        if self._saving is not None:
            self._saving.cancel()
        self._saving = self.run.spawn(self._save_for_ever()) if self._kept.on else None

    async def _save_for_ever(self) -> None:
        while True:
            await self.run.hardware.clock.sleep(self._kept.interval)
            self.save()


@dataclass(slots=True)
class _Kept:
    """What NVRAM holds: the switch, seconds between two savings, bytes counted."""

    on: bool = False
    interval: int = _USUAL
    up: int = 0
    down: int = 0

    @classmethod
    def boot(cls, nvram: Nvram) -> _Kept:
        """The saved values, or the factory's."""
        counts = range(sys.maxsize)
        allowed = {"interval": range(_LEAST, _MOST + 1), "up": counts, "down": counts}
        return nvram.restore(_RECORD, cls(), allowed)


CHAPTER = Chapter((TrafficCommands,), DataCounter)
