"""Awake and asleep: when the module falls asleep, what it misses, what wakes it.

See docs/spec/general.md §1.2. Without AT+CSCLK sleep costs nothing: the receiver is another
one only while the module may sleep.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import NetworkMode, PdnChanged, Service
from atwin.twin.chapters.sleep.ring import Ring
from atwin.twin.engine.run import ChapterService

if TYPE_CHECKING:
    from atwin.twin.engine.run import Run

#: Modes of AT+CSCLK.
BY_DTR, DEEP = 1, 3
#: Modes of AT+POWERMODE.
CLOSED, PSM = "CLOSE", "PSM+"
MODES = ("PRO", "STD", PSM, CLOSED)
_RECORD = "powermode"

#: Seconds without a byte that end a line which gets lost.
_LINE_GAP = 0.1
#: Seconds that DTR must be low to wake.
_DTR_LOW = 0.05
#: bit/s up to which the first byte wakes in time for its line to be heard.
_SLOW = 9600
#: Seconds of quiet that sleep takes at least, also with AT+WAKETIM=0.
_LEAST = 0.5
#: Seconds between two looks at whether it is quiet.
_LOOK = 0.5


@dataclass(slots=True)
class PowerMode:
    """What AT+POWERMODE sets; `first` is -1 where it was left out."""

    mode: str = CLOSED
    first: int = -1
    second: int = 0

    def __str__(self) -> str:
        return f'"{self.mode}"' + (f",{self.first}" if self.first >= 0 else "")


class SleepService(ChapterService):
    """Asleep or awake, for one run."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        hardware = run.hardware
        self.asleep = False
        #: Seconds of AT+WAKETIM and AT*RTIME.
        self.waketim, self.rtime = 1, 0
        self.power = PowerMode()
        if run.profile.has("lowpower"):
            hardware.nvram.restore(_RECORD, self.power, {"mode": MODES})
        self.ring = Ring(hardware)
        self._uart, self._clock, self._lines = hardware.uart, hardware.clock, hardware.modem_lines
        self._since = self._clock.now()  # of quiet
        self._written = 0
        self._traffic = 0
        self._woken = asyncio.Event()
        self._napping: asyncio.Task[None] | None = None
        self._losing: asyncio.Task[None] | None = None
        self._dtr_moved_at = 0.0
        self._lines_left = 0  # to be lost before it is awake
        self._announced: bytes | None = None
        self._lines.on_dtr.append(self._dtr_moved)
        run.line.announces = self.announce

    @classmethod
    def power_up(cls, run: Run, *, warm: bool) -> None:
        run.line.rings = partial(run.find, cls)
        cls.settings_changed(run)

    @classmethod
    def settings_changed(cls, run: Run) -> None:
        """Whether the module may sleep may have changed."""
        if run.settings.csclk or run.hardware.nvram.has(_RECORD):
            run.find(cls).follow()

    # --- when it sleeps -------------------------------------------------------------------------

    def follow(self) -> None:
        """Begin to look for quiet, if the module may sleep now."""
        self._stir()
        self._traffic = self._sent
        if self._may_sleep and self._napping is None:
            self._uart.notify(self._heard)
            self._napping = self.run.spawn(self._nap())

    def set_power(self, power: PowerMode) -> None:
        """AT+POWERMODE."""
        self.power = power
        self.run.hardware.nvram.store(_RECORD, asdict(power))
        self.follow()

    @property
    def _may_sleep(self) -> bool:
        return bool(self.run.settings.csclk) or self.power.mode != CLOSED

    @property
    def _heeds_dtr(self) -> bool:
        return self.run.settings.csclk == BY_DTR or self.power.mode != CLOSED

    @property
    def _hears_bytes(self) -> bool:
        """Whether what the host sends wakes a sleeping module."""
        by_dtr = self.run.settings.csclk == BY_DTR and self.power.mode == CLOSED
        return not by_dtr or self.run.profile.has("wake_by_rx")

    @property
    def _line_is_slow(self) -> bool:
        return 0 < (self._uart.rate or self._uart.mode.rate) <= _SLOW

    @property
    def _idle(self) -> float:
        seconds = self.waketim
        if self.run.settings.csclk == DEEP and self.rtime and self._sent != self._traffic:
            seconds = self.rtime
        return max(seconds, _LEAST)

    @property
    def _sent(self) -> int:
        """Bytes over the network."""
        return self.run.hardware.traffic.whole.count.operator.total

    def _quiet_left(self) -> float:
        """Seconds of quiet that are missing still."""
        busy = not self.run.line.is_idle or self._uart.output.lane.pending or self.run.at_work
        held = self._heeds_dtr and not self._lines.dtr
        if busy or held or self._uart.written_bytes != self._written:
            self._stir()
        return self._since + self._idle - self._clock.now()

    def _stir(self) -> None:
        """The quiet time starts over."""
        self._since, self._written = self._clock.now(), self._uart.written_bytes

    async def _nap(self) -> None:
        """Sleep whenever it has been quiet for long enough, as long as the module may."""
        while self._may_sleep:
            if (left := self._quiet_left()) > 0:
                await self._clock.sleep(min(left, _LOOK))
                continue
            if self.power.mode == PSM:
                await self._nearly_off()
                return
            self._fall_asleep()
            await self._woken.wait()
        self._napping = None
        self._uart.notify(self.run.line.resume)

    def _fall_asleep(self) -> None:
        self.asleep = True
        self._traffic = self._sent
        self._lines_left = self.run.profile.value("wake_lines")
        self._woken.clear()
        self._uart.notify(self._heard_asleep)
        self.run.hardware.happened("asleep")

    # --- what wakes it --------------------------------------------------------------------------

    def _heard(self) -> None:
        """Bytes have come while it is awake."""
        self.run.line.resume()
        self._stir()

    def _heard_asleep(self) -> None:
        """Bytes have come: the first lines are lost, and wake it."""
        if self._hears_bytes and (self._line_is_slow or not self._lines_left):
            self._wake("the line")
            self._heard()
            return
        self._uart.lose()
        self._since = self._clock.now()
        if self._hears_bytes and self._losing is None:
            self._losing = self.run.spawn(self._lose_line())

    async def _lose_line(self) -> None:
        """Until the line that has begun is over."""
        while (left := self._since + _LINE_GAP - self._clock.now()) > 0:
            await self._clock.sleep(left)
        self._losing = None
        self._lines_left -= 1
        if not self._lines_left:
            self._wake("the line")

    def _dtr_moved(self, high: bool) -> None:
        self._stir()
        self._dtr_moved_at = self._since
        if not high and self._heeds_dtr:
            self._clock.call_later(_DTR_LOW, partial(self._see_dtr, self._since))

    def _see_dtr(self, fell: float) -> None:
        if not self._lines.dtr and self._dtr_moved_at == fell:
            self._wake("DTR")

    def announce(self, output: bytes) -> float:
        """The module is about to say that unasked; seconds it has to wait first."""
        self._wake("a URC")
        self._stir()
        self._written += len(output)
        if output is self._announced:
            self._announced = None
            return 0.0
        wait = self.ring.announce(output)
        self._announced = output if wait else None
        return wait

    def _wake(self, by: str) -> None:
        if self.asleep:
            self.asleep = False
            self._uart.notify(self._heard)
            self._stir()
            self._woken.set()
            self.run.hardware.happened(f"awake ({by})")

    # --- PSM+ -----------------------------------------------------------------------------------

    async def _nearly_off(self) -> None:
        """PSM+: links and RAM are lost, RI has pulses; what wakes it restarts it."""
        run = self.run
        if self.power.second:
            cid = run.profile.limit("default_cid")
            for urc in (NetworkMode(0, 0), Service("NO"), PdnChanged("NW", "DEACT", cid)):
                run.urc(urc)
            await run.line.drain()
        run.stop(keep=self._napping)
        self._fall_asleep()
        self._uart.listen(self._heard_nearly_off)
        while self.asleep:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), max(self.power.first, 0) or None)
            if self.asleep:
                self.ring.pulse()
        run.power.restart()

    def _heard_nearly_off(self) -> None:
        """Only a slow line is sure to wake it."""
        self._uart.lose()
        if self._line_is_slow:
            self._wake("the line")
