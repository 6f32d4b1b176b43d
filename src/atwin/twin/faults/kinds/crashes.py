"""Faults of the module itself and its supply (docs/spec/power.md §1, §2, models.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from atwin.text import told
from atwin.twin.board.installed import is_firmware
from atwin.twin.board.power import Cure, StartCause
from atwin.twin.chapters.upgrade.service import Upgrades
from atwin.twin.faults.dice import among, magnitude
from atwin.twin.faults.fault import Fault, PlanError, number, text

if TYPE_CHECKING:
    from atwin.clock.base import Timer
    from atwin.twin.faults.case import Case
    from atwin.twin.faults.fault import End
    from atwin.twin.faults.victim import Victim

#: Seconds the voltage of a brown-out is too low each time.
_DIP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(Fault):
    """The firmware stands still: no command is heard, nothing is said, PWRKEY does nothing.

    It lasts until the RESET pin is pulled, or with `until` = power not even that helps; with
    `seconds` the module's watchdog restarts it then.
    """

    KIND: ClassVar[str] = "hang"
    CURES: ClassVar[tuple[str, ...]] = ("reset_pin", "power")
    NEEDS_RUN: ClassVar[bool] = True

    @property
    def cure(self) -> Cure | None:
        if self.seconds is not None:
            return None
        return Cure.POWER if self.until == "power" else Cure.RESET_PIN

    def begin(self, victim: Victim, case: Case) -> End:
        victim.module.hang(resists_reset=self.cure is Cure.POWER)

        def watchdog() -> None:
            if victim.module.hung:
                victim.module.restart(cause=StartCause.WATCHDOG)

        return watchdog


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(Fault):
    """The firmware crashes and restarts, as AT*EXINFO? reports afterwards."""

    KIND: ClassVar[str] = "restart"
    LASTS: ClassVar[tuple[str, ...]] = ()
    NEEDS_RUN: ClassVar[bool] = True

    def begin(self, victim: Victim, case: Case) -> End:
        if victim.firmware is not None:
            victim.module.restart(cause=StartCause.EXCEPTION)
        return lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrownOut(Fault):
    """VBAT falls too low under load, again every `period` seconds: RDY, RDY, RDY.

    `count` is in restarts.
    """

    KIND: ClassVar[str] = "brownout"
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")
    COUNT: ClassVar[int | None] = 3
    NEEDS_RUN: ClassVar[bool] = True

    #: After RDY, before the network: that is when a module first transmits.
    period: float = number(2.5, 0.1, 3600, throw=magnitude(0.5, 20))

    def begin(self, victim: Victim, case: Case) -> End:
        timer: Timer | None = None

        def dip() -> None:
            nonlocal timer
            timer = victim.later(self.period * (victim.module.hardware.time_scale or 1.0), dip)
            if victim.module.firmware is not None:
                victim.pins.dip(_DIP)
                case.meet()

        def end() -> None:
            if timer is not None:
                timer.cancel()

        dip()
        return end


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareQuestion(Fault):
    """The module asks for new firmware, as it does once a day unless AT+UPGRADE="AUTO",0 was said.

    That takes a connection, and is traffic where the module has somebody to ask: `url`, that of
    AT+UPGRADE, or the flag `fota_default`. A `firmware` that is given is on the server: it is
    loaded, and the module restarts twice.
    """

    KIND: ClassVar[str] = "fota_query"
    LASTS: ClassVar[tuple[str, ...]] = ()
    NEEDS_RUN: ClassVar[bool] = True

    url: str | None = text(None, among(None))
    firmware: str | None = text(None, among(None, "AirM2M_V9999_LTE_AT"))

    def begin(self, victim: Victim, case: Case) -> End:
        if victim.firmware is not None:
            upgrades = victim.firmware.find(Upgrades)
            if upgrades.settings.auto and not upgrades.at_work:
                upgrades.ask(self.url or "", self.firmware or "")
        return lambda: None

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if self.firmware is not None and not is_firmware(self.firmware):
            takes = "letters, digits, _, . and -, up to 63"
            raise PlanError(f"firmware = {told(self.firmware)}: {takes}")
