"""The settings AT&W saves: how the module talks on its line (spec: uart.md §2, §9, §10)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.command import Family
from atwin.at.kinds import OneOf
from atwin.line.frame import Flow, Frame, UartSettings

if TYPE_CHECKING:
    from atwin.twin.board.nvram import Nvram

_RECORD = "settings"


@dataclass(slots=True)
class Settings:
    """Factory values; the live copy is RAM, the saved one is in NVRAM."""

    echo: bool = True
    quiet: bool = False
    verbose: bool = True
    cmee: int = 1
    #: bit/s; 0 is auto-baud.
    ipr: int = 0
    icf: tuple[int, int] = (3, 0)
    #: How the TE stops the module, how the module stops the TE: 0 none, 1 software, 2 hardware.
    ifc: tuple[int, int] = (0, 0)
    creg: int = 0
    cgreg: int = 0
    cereg: int = 0
    csclk: int = 0

    @classmethod
    def boot(cls, nvram: Nvram) -> Settings:
        """The saved profile, or the factory's."""
        settings = cls()
        for name, value in (nvram.load(_RECORD) or {}).items():
            value = tuple(value) if isinstance(value, list) else value
            # A value of another kind comes from a damaged record: the factory's is safer.
            if isinstance(value, type(getattr(settings, name, None))):
                setattr(settings, name, value)
        return settings

    def save(self, nvram: Nvram) -> None:
        """Make these the values of the next boot."""
        nvram.store(_RECORD, asdict(self))

    @property
    def line_settings(self) -> tuple[object, ...]:
        """What `line_mode` is made of, cheap to compare."""
        return self.ipr, self.icf, self.ifc

    def line_mode(self) -> UartSettings:
        """What of this is the UART's."""
        to_host, to_module = self.ifc
        return UartSettings(self.ipr, Frame.of_icf(*self.icf), Flow(to_host), Flow(to_module))

    def reset(self) -> None:
        """Factory values, in RAM only."""
        factory = Settings()
        for f in fields(self):
            setattr(self, f.name, getattr(factory, f.name))


class SettingsCommands(Family):
    """Echo, results, error reports, and the profile that keeps them (spec: uart.md §1, §2, §9)."""

    title = "Command line settings"

    def __init__(self, settings: Settings, nvram: Nvram) -> None:
        self._settings = settings
        self._nvram = nvram

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
        self._settings.reset()

    @command.basic("Z")
    def restore(self, profile: Annotated[int, OneOf(0)] = 0) -> None:
        """The settings AT&W saved, into RAM."""
        saved = Settings.boot(self._nvram)
        for f in fields(saved):
            setattr(self._settings, f.name, getattr(saved, f.name))

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

    @command.set("+CMEE", test=True)
    def set_error_reports(self, mode: Annotated[int, OneOf(0, 1, 2)]) -> None:
        """Errors as 0 plain ERROR, 1 numbers, 2 words."""
        self._settings.cmee = mode

    @command.read("+CMEE")
    def error_reports(self) -> str:
        """The current error report mode."""
        return f"+CMEE: {self._settings.cmee}"
