"""The hours in which devices of one time zone may begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.fleet.campaign.arrival import DAY

if TYPE_CHECKING:
    from atwin.fleet.campaign.arrival import Window


@dataclass(frozen=True, slots=True)
class Hours:
    """A window of the local day, on the clock of the campaign: `midnight` is any one there."""

    window: Window
    midnight: float

    def after(self, now: float, seconds: float = 0.0) -> float:
        """When the window will have been open for that many seconds since `now`, and still is."""
        long = (self.window.end - self.window.begin) % DAY
        past = (now - self.midnight - self.window.begin) % DAY
        if past < long:
            if seconds < long - past:
                return now + seconds
            seconds -= long - past
        days, rest = divmod(seconds, long)
        return now + (DAY - past) + days * DAY + rest
