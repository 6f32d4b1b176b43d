"""The time that the network sends: +NITZ:, and the clock that it sets (docs/spec/network.md §2)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.dialect.urcs import NetworkTime
from atwin.at.kinds import BadArgument, OneOf, Range, Text
from atwin.at.reply import Reply
from atwin.twin.board.rtc import nitz_text
from atwin.twin.engine.run import ChapterService, Commands, Run

_QUARTERS_PER_HOUR = 4
_HEMISPHERES = {"e": 1, "w": -1}


class NetworkTimeService(ChapterService):
    """Sets the clock of the module, and says the time."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        #: AT+CTZU: whether the network's time sets the clock.
        self.updates = 1
        #: AT+NITZDISSET: the zone that +NITZ: shows, `e` or `w` and hours; None is the network's.
        self.zone: tuple[str, int] | None = None

    def take(self) -> None:
        """Set the clock by the network's, where it sends a time and AT+CTZU allows."""
        hardware = self.run.hardware
        if self.updates and hardware.cell.sends_nitz:
            hardware.rtc.zone_quarters = hardware.cell.zone_quarters
            hardware.rtc.set(hardware.clock.wall())

    def say(self) -> None:
        """+NITZ:."""
        hardware, form = self.run.hardware, self.run.profile.choice("nitz_form")
        shown = None
        if self.zone is not None:
            side, hours = self.zone
            shown = _HEMISPHERES[side] * hours * _QUARTERS_PER_HOUR
        text = nitz_text(hardware.clock.wall(), hardware.cell.zone_quarters, form, shown)
        self.run.urc(NetworkTime(text))


class NetworkTimeCommands(Commands):
    """What the module does with the network's time (docs/spec/general.md §5)."""

    title = "NITZ"

    def __init__(self, run: Run) -> None:
        self._service = self.values = run.find(NetworkTimeService)

    updates = command.Setting(
        "+CTZU",
        "on",
        OneOf(0, 1),
        "Let the time of the network set the clock (1) or not (0); +NITZ: is said all the same.",
    )

    @command.read("+CTZR")
    def reports(self) -> str:
        """Whether +NITZ: is said: always 1; it cannot be set."""
        return "+CTZR: 1"

    @command.test("+CTZR")
    def report_values(self) -> str:
        """The values of AT+CTZR?."""
        return "+CTZR: (0,1)"

    @command.set("+NITZDISSET", needs="nitz_zone")
    def show_zone(
        self, side: Annotated[str, Text("e|w")], hours: Annotated[int, Range(0, 12)]
    ) -> None:
        """Show local time east or west of Greenwich in +NITZ:; AT+CCLK is not affected."""
        if side.lower() not in _HEMISPHERES:
            raise BadArgument(side)
        self._service.zone = (side.lower(), hours)

    @command.read("+NITZDISSET", needs="nitz_zone")
    def zone_shown(self) -> Reply:
        """The zone of +NITZ:; nothing as long as it is the network's."""
        if (zone := self._service.zone) is None:
            return Reply()
        return Reply((f'+NITZDISSET: "{zone[0]}",{zone[1]}',))
