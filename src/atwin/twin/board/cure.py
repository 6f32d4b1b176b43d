"""The steps of the vendor's recovery ladder, as the module sees them (spec: power.md §5)."""

from __future__ import annotations

from enum import IntEnum


class Cure(IntEnum):
    """Each one also does what those before it do."""

    NEW_PDP = 1
    CIPSHUT = 2
    CFUN = 3
    RESET = 4
    RESET_PIN = 5
    POWER = 6
