"""The settings AT&W saves: how the module talks on its line (docs/spec/uart.md §2, §9, §10)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from itertools import product
from typing import TYPE_CHECKING

from atwin.line.frame import RATES, USUAL_RATE, Flow, Frame, UartSettings

if TYPE_CHECKING:
    from collections.abc import Container

    from atwin.models import Profile
    from atwin.twin.board.nvram import Nvram

_RECORD = "settings"

#: What a saved value may be; any other comes from a damaged record.
_ALLOWED = {
    "cmee": range(3),
    "ipr": (0, *RATES),
    "icf": tuple(product(range(1, 7), range(2))),
    "ifc": tuple(product(range(3), range(3))),
    "creg": range(4),
    "cgreg": range(6),
    "cereg": range(6),
    "s0": range(256),
    "dcd": range(2),
    "dtr": range(3),
    "cscs": ("", "GSM", "IRA", "UCS2", "HEX", "GBK"),
    "csclk": range(4),
    "cmgf": range(2),
    "cpms": tuple(product(("SM", "ME", "MT"), repeat=3)),
    "csdt": tuple(product(range(2), range(2))),
}


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
    #: ATS0, AT&C, AT&D.
    s0: int = 0
    dcd: int = 1
    dtr: int = 2
    #: AT+CSCS; "" is the model's own.
    cscs: str = ""
    #: Short messages: as text; the memories to read, to write, and for what comes.
    cmgf: int = 0
    cpms: tuple[str, str, str] = ("SM", "SM", "SM")
    #: Whether a card that comes or goes is reported, and the level of its switch that means "in".
    csdt: tuple[int, int] = (0, 1)

    @classmethod
    def factory(cls, profile: Profile, ipr: int | None = None) -> Settings:
        """The factory's. `ipr` is the rate that stays where the firmware does not reset it."""
        if ipr is None or profile.has("factory_ipr"):
            ipr = 0 if profile.has("auto_baud") else USUAL_RATE
        return cls(ipr=ipr)

    @classmethod
    def boot(cls, nvram: Nvram, profile: Profile) -> Settings:
        """The saved profile, or the factory's."""
        return nvram.restore(_RECORD, cls.factory(profile), _ALLOWED)

    @classmethod
    def reset(cls, nvram: Nvram, profile: Profile, keep: Container[str]) -> None:
        """Erase all that was saved but the records of `keep`, and what the firmware forgets."""
        rate = cls.boot(nvram, profile).ipr
        nvram.erase(keep)
        if not profile.has("factory_ipr"):
            cls.factory(profile, rate).save(nvram)

    def save(self, nvram: Nvram) -> None:
        """Make these the values of the next boot."""
        nvram.store(_RECORD, asdict(self))

    def line_mode(self) -> UartSettings:
        """What of this is the UART's."""
        to_host, to_module = self.ifc
        return UartSettings(self.ipr, Frame.of_icf(*self.icf), Flow(to_host), Flow(to_module))

    def take(self, other: Settings) -> None:
        """Become as `other`, in RAM only."""
        for f in fields(self):
            setattr(self, f.name, getattr(other, f.name))
