"""The module itself: who it is, how it talks, its clock.

See docs/spec/models.md, network.md §2, uart.md §1, §2, §9, §10.
"""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.kinds import BadArgument, OneOf, Text
from atwin.at.reply import Reply
from atwin.twin.board.rtc import clock_text, parse_clock
from atwin.twin.chapters.sleep.service import SleepService
from atwin.twin.engine.run import Chapter, Commands, Run
from atwin.twin.engine.settings import Settings

MANUFACTURER = "AirM2M"


class IdentityCommands(Commands):
    """Maker, model, firmware and serial numbers (docs/spec/models.md, network.md §2)."""

    title = "Identity"

    def __init__(self, run: Run) -> None:
        self._profile = run.profile
        self._identity = run.hardware.identity

    @command.basic("I")
    def firmware(self, page: Annotated[int, OneOf(0)] = 0) -> str:
        """The firmware's name."""
        return self._profile.firmware

    @command.execute("+VER")
    def version(self) -> str:
        """The firmware's name."""
        return self._profile.firmware

    @command.execute("+CGMI")
    def manufacturer(self) -> str:
        """The maker."""
        return f'+CGMI: "{MANUFACTURER}"'

    @command.execute("+GMI")
    def manufacturer_short(self) -> str:
        """The maker."""
        return f'+GMI: "{MANUFACTURER}"'

    @command.execute("+CGMM")
    def model(self) -> str:
        """The model."""
        return f'+CGMM: "{self._profile.name}"'

    @command.execute("+GMM")
    def model_short(self) -> str:
        """The model."""
        return f'+GMM: "{self._profile.name}"'

    @command.execute("+CGMR")
    def revision(self) -> str:
        """The firmware's name."""
        return f'+CGMR: "{self._profile.firmware}"'

    @command.execute("+GMR")
    def revision_short(self) -> str:
        """The firmware's name."""
        return f'+GMR: "{self._profile.firmware}"'

    @command.execute("+CGSN")
    def serial_number(self) -> str:
        """The module's serial number (IMEI), 15 digits."""
        return self._identity.imei

    @command.set("+CGSN")
    def serial_number_of(self, kind: Annotated[int, OneOf(0, 1)]) -> str:
        """The serial number (0), which is the IMEI, or the IMEI with its name (1)."""
        return f'+CGSN: "{self._identity.imei}"' if kind else self._identity.imei

    @command.execute("+GSN")
    def serial_number_short(self) -> str:
        """The module's serial number (IMEI), 15 digits."""
        return self._identity.imei

    @command.execute("^HVER")
    def hardware_version(self) -> str:
        """The chip."""
        return f"^HVER: {self._profile.chip}"

    @command.execute("*I")
    def everything(self) -> Reply:
        """All of it in eight lines."""
        profile, identity = self._profile, self._identity
        return Reply(
            (
                f"Manufacturer: {MANUFACTURER}",
                f"Model: {profile.name}",
                f"Revision: {profile.firmware}",
                f"HWver: {profile.hardware_version}",
                f"Buildtime: {profile.build_time}",
                f"IMEI: {identity.imei}",
                f"ICCID: {identity.iccid}",
                f"IMSI: {identity.imsi}",
            )
        )


class SettingsCommands(Commands):
    """Echo, results, error reports, and how they are kept (docs/spec/uart.md §1, §2, §9)."""

    title = "Command line settings"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._nvram = run.hardware.nvram
        self._settings = self.values = run.settings

    @command.basic("E")
    def echo(self, on: Annotated[int, OneOf(0, 1)] = 0) -> None:
        """Echo of command characters: 0 off, 1 on. The line that switches it is still echoed."""
        self._settings.echo = bool(on)

    @command.basic("Q")
    def quiet(self, on: Annotated[int, OneOf(0, 1)] = 0) -> None:
        """Result codes: 0 printed, 1 suppressed (information text and URCs stay)."""
        self._settings.quiet = bool(on)

    @command.basic("V")
    def verbose(self, on: Annotated[int, OneOf(0, 1)] = 0) -> None:
        """Result codes as numbers (0) or words (1)."""
        self._settings.verbose = bool(on)

    @command.basic("&W")
    def save(self, profile: Annotated[int, OneOf(0)] = 0) -> None:
        """Save the current settings; they hold from the next start on too."""
        self._settings.save(self._nvram)

    @command.basic("&F")
    def factory(self, profile: Annotated[int, OneOf(0)] = 0) -> None:
        """Factory settings into RAM; what AT&W saved stays until the next AT&W."""
        self._settings.take(Settings.factory(self.run.profile, self._settings.ipr))

    @command.basic("Z")
    def restore(self, profile: Annotated[int, OneOf(0)] = 0) -> None:
        """The settings AT&W saved, into RAM."""
        self._settings.take(Settings.boot(self._nvram, self.run.profile))
        SleepService.settings_changed(self.run)

    @command.read("S3")
    def terminator(self) -> str:
        """Command line terminator: always 13."""
        return "13"

    @command.set("S3", plain_errors=True)
    def set_terminator(self, character: Annotated[int, OneOf(13)]) -> None:
        """Command line terminator: only 13 is taken."""

    @command.read("S4")
    def line_feed(self) -> str:
        """Response formatting character: always 10."""
        return "10"

    @command.set("S4", plain_errors=True)
    def set_line_feed(self, character: Annotated[int, OneOf(10)]) -> None:
        """Response formatting character: only 10 is taken."""

    @command.read("S5")
    def editing(self) -> str:
        """Command line editing character: always 8."""
        return "8"

    @command.set("S5", plain_errors=True)
    def set_editing(self, character: Annotated[int, OneOf(8)]) -> None:
        """Command line editing character: only 8 is taken."""

    cmee = command.Setting(
        "+CMEE",
        "mode",
        OneOf(0, 1, 2),
        "Errors as 0 plain ERROR, 1 numbers, 2 words.",
        read="The current error report mode.",
    )


class SystemCommands(Commands):
    """The clock of date and time (docs/spec/network.md §2)."""

    title = "Clock"

    def __init__(self, run: Run) -> None:
        self._rtc = run.hardware.rtc

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


CHAPTER = Chapter((IdentityCommands, SettingsCommands, SystemCommands))
