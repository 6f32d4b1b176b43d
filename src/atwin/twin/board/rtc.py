"""The module's clock of date and time, and dates as it writes and reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.clock import Clock

#: 2000-01-01 00:00 UTC, where a module that was never told the time begins (docs/spec/tls.md §5).
_UNSET = 946_684_800.0

_QUARTER = 900
_CLOCK = re.compile(r"(\d\d)/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)([+-])(\d\d)")

#: Quarter hours a time zone may be off UTC, either way.
_WIDEST_ZONE = 56


class Rtc:
    """Set by the network or AT+CCLK; keeps the date across restarts, not across a power cut.

    See docs/spec/power.md §4.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: Quarter hours east of UTC, as in `+NITZ: …+32`.
        self.zone_quarters = 0
        self.set(_UNSET)

    def now(self) -> float:
        """UTC seconds since 1970, as far as the module knows."""
        return self._set_to + (self._clock.now() - self._set_at)

    def set(self, utc: float) -> None:
        """From now on it is `utc` (seconds since 1970)."""
        self._set_to = utc
        self._set_at = self._clock.now()

    def lose_power(self) -> None:
        """Back to the beginning."""
        self.zone_quarters = 0
        self.set(_UNSET)


def clock_text(utc: float, zone_quarters: int) -> str:
    """`24/08/22,15:00:02+32`: local time, zone in quarter hours (docs/spec/network.md §2)."""
    local = datetime.fromtimestamp(utc + _QUARTER * zone_quarters, UTC)
    return f"{local:%y/%m/%d,%H:%M:%S}{zone_quarters:+03d}"


def parse_clock(text: str) -> tuple[float, int]:
    """The UTC seconds and the zone of a `clock_text`. Raises ValueError."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not yy/MM/dd,hh:mm:ss±zz")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    zone = int(match[7] + match[8])
    if abs(zone) > _WIDEST_ZONE:
        raise ValueError(f"{text!r}: no such time zone")
    local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    return local.timestamp() - _QUARTER * zone, zone


def nitz_text(utc: float, zone_quarters: int, form: str, shown: int | None = None) -> str:
    """`24/08/23,14:52:50+32,0`: date and time, zone, no daylight saving (docs/spec/network.md §2).

    `form` is the profile's `nitz_form`: local time, or universal time whose zone is given as it is
    or as 0. `shown`: the local time of another zone, which is given too (AT+NITZDISSET).
    """
    zone = zone_quarters if shown is None else shown
    local = form == "yy-local" or shown is not None
    moment = datetime.fromtimestamp(utc + (_QUARTER * zone if local else 0), UTC)
    date = f"{moment:%Y/%m/%d}" if form == "yyyy-utc" else f"{moment:%y/%m/%d}"
    told = "+0" if form == "yyyy-utc" and shown is None else f"{zone:+03d}"
    return f"{date},{moment:%H:%M:%S}{told},0"
