"""Figures with their intervals, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.fleet.estimate import Estimate

_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def unit(size: float) -> tuple[float, str]:
    """The bytes of a unit that suits a size, and its name."""
    return next((each for each in _UNITS if size >= each[0]), (1.0, "bytes"))


def sized(size: float) -> str:
    """`104.2 GB`: four digits."""
    step, name = unit(size)
    return f"{size / step:,.4g} {name}"


def number(value: float) -> str:
    """Whole from 100 on, else to three digits: 1,204, 41.3, 0.25."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def interval(found: Estimate, told: Callable[[float], str] = number) -> str:
    """` (LOW to HIGH)`; nothing where both are said alike."""
    low, high = told(found.low), told(found.high)
    return f" ({low} to {high})" if low != high else ""


def percent(share: Estimate) -> str:
    """`3.1 % (2.2 % to 4.4 %)`."""
    return f"{_percent(share.value)}{interval(share, _percent)}"


def off(found: Estimate) -> str:
    """` (±0.4 %)`: how far the interval goes; nothing where it has no width."""
    far = max(found.high - found.value, found.value - found.low)
    return f" (±{_percent(far / found.value)})" if found.value and far else ""


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.3g} %"
