"""Clock and sleep (spec: network.md §2, uart.md §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.command import Family
from atwin.at.kinds import BadArgument, OneOf, Text
from atwin.twin.chapters.general.date import clock_text, parse_clock

if TYPE_CHECKING:
    from atwin.twin.board.rtc import Rtc
    from atwin.twin.chapters.general.settings import Settings


class SystemCommands(Family):
    """The clock of date and time, and sleep (spec: network.md §2)."""

    title = "Clock and sleep"

    def __init__(self, settings: Settings, rtc: Rtc) -> None:
        self._settings = settings
        self._rtc = rtc

    @command.read("+CCLK")
    def clock(self) -> str:
        """Local date and time, and the zone in quarter hours: yy/MM/dd,hh:mm:ss+zz."""
        return f'+CCLK: "{clock_text(self._rtc.now(), self._rtc.zone_quarters)}"'

    @command.set("+CCLK")
    def set_clock(self, time: Annotated[str, Text("yy/MM/dd,hh:mm:ss+zz")]) -> None:
        """Set the clock: local date and time, and the zone in quarter hours (-56 to +56)."""
        try:
            utc, zone = parse_clock(time)
        except ValueError as error:
            raise BadArgument(time) from error
        self._rtc.zone_quarters = zone
        self._rtc.set(utc)

    @command.read("+CSCLK")
    def sleep(self) -> str:
        """The sleep mode."""
        return f"+CSCLK: {self._settings.csclk}"

    @command.set("+CSCLK", test=True)
    def set_sleep(self, mode: Annotated[int, OneOf(0, 1, 2)]) -> None:
        """Sleep: 0 never, 1 by the DTR pin, 2 by itself when the line is quiet."""
        self._settings.csclk = mode
