"""Why a run of the firmware begins and ends (docs/spec/power.md §2, §5)."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol


class StartCause(IntEnum):
    """Why the firmware started last, as AT*EXINFO? reports it."""

    POWER = 0
    SOFTWARE = 3
    RESET_KEY = 5
    EXCEPTION = 6
    WATCHDOG = 8


class Cure(IntEnum):
    """The steps of the vendor's recovery ladder, as the module sees them (docs/spec/power.md §5).

    Each one also does what those before it do.
    """

    NEW_PDP = 1
    CIPSHUT = 2
    CFUN = 3
    RESET = 4
    RESET_PIN = 5
    POWER = 6


class Power(Protocol):
    """What the firmware can do to its own supply."""

    def restart(self, *, factory: bool = False) -> None:
        """End this run and start the next, a moment later."""

    def switch_off(self, by: str = ...) -> None:
        """End this run; only PWRKEY or the supply starts another. `by` is for the log."""
