"""The module's clock of date and time: set by the network or AT+CCLK, lost with the power."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.clock import Clock

#: 2000-01-01 00:00 UTC, where a module that was never told the time begins (spec: tls.md §5).
_UNSET = 946_684_800.0


class Rtc:
    """Keeps the date across restarts, not across a power cut (spec: power.md §4)."""

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
