"""The receiver: off, on without a fix, fixed (docs/spec/stubs.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import PositionReport
from atwin.twin.chapters.answered.gnss.nmea import (
    COURSE,
    HDOP,
    HEIGHT,
    IN_VIEW,
    PDOP,
    SIGNAL,
    USED,
    VDOP,
    Fix,
)
from atwin.twin.engine.run import ChapterService, Run

if TYPE_CHECKING:
    import asyncio

#: Seconds from on to the first fix, and from AT+CGNSAID to it.
COLD_FIX, AIDED_FIX = 30.0, 5.0


class Satellites(ChapterService):
    """The receiver of one run; where it is, `hardware.surroundings` says, and when, the clock."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._clock = run.hardware.clock
        self.on = False
        #: Seconds between two reports; 0 means no reports.
        self.interval = 0
        self.sentence = "RMC"
        self.says_sentences = False
        self._fixed_at = 0.0
        self._ticking: asyncio.Task[None] | None = None

    def turn(self, *, on: bool) -> None:
        """On or off; a receiver that is on already stays as it is."""
        if on and not self.on:
            self._fixed_at = self._clock.now() + COLD_FIX
        self.on = on
        self._renew()

    def aid(self) -> None:
        """It is told where the satellites are."""
        self._fixed_at = min(self._fixed_at, self._clock.now() + AIDED_FIX)

    def forget(self) -> None:
        """It has to find the satellites again."""
        self._fixed_at = self._clock.now() + COLD_FIX

    def report_every(self, seconds: int) -> None:
        """AT+CGNSURC."""
        self.interval = seconds
        self._renew()

    def say_sentences(self, *, on: bool) -> None:
        """AT+CGNSTST."""
        self.says_sentences = on
        self._renew()

    def fields(self) -> str:
        """The 21 fields of AT+CGNSINF."""
        if not self.on:
            return "0,0" + "," * 19
        fix = self._fix()
        utc = f"{fix.time:%Y%m%d%H%M%S}"
        if fix.position is None:
            return f"1,0,{utc},,,,0.00,0.0,0,,,,,,0,0,,,,,"
        latitude, longitude = fix.position
        return (
            f"1,1,{utc},{latitude:.6f},{longitude:.6f},{HEIGHT:.3f},0.00,{COURSE},3,,"
            f"{HDOP},{PDOP},{VDOP:.2f},,{IN_VIEW},{USED},,,{SIGNAL},,"
        )

    def _fix(self) -> Fix:
        hardware = self.run.hardware
        is_fixed = self._clock.now() >= self._fixed_at
        return Fix(hardware.rtc.now(), hardware.surroundings.position if is_fixed else None)

    def _sentence(self) -> bytes:
        return f"{self._fix().sentence(self.sentence)}\r\n".encode("ascii")

    def _renew(self) -> None:
        """Tick while there is something to say, and no longer."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        if self.on and (self.interval or self.says_sentences):
            self._ticking = self.run.spawn(self._tick())

    async def _tick(self) -> None:
        seconds = 0
        while True:
            await self._clock.sleep(1)
            seconds += 1
            if self.says_sentences:
                self.run.line.in_gap(self._sentence)
            if self.interval and seconds % self.interval == 0:
                self.run.urc(PositionReport(self.fields()))
