"""The result of a campaign at its server."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from atwin.fleet.server.load import ServerLoad

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Why a device failed that its row says nothing of: the server had no place for it; the campaign
#: was over.
SERVER, LATE = "server", "late"


@dataclass(slots=True)
class StageRun:
    """One stage of a roll-out. Times are seconds after the start of the campaign.

    `began` and `ended` are None while that has not been; it ended when the last of its devices
    had, and its hold was over. `begun` of its devices were told to begin. `gate`: whether few
    enough of them failed for the next stage.
    """

    number: int
    devices: int
    begun: int = 0
    began: float | None = None
    ended: float | None = None
    done: int = 0
    failed: int = 0
    gate: bool | None = None


@dataclass(slots=True)
class ServerRun:
    """A campaign as the server saw it. Times are seconds after the start of the campaign.

    `devices` = `done` + `failed` + `never_started`; these last ones were held back by a gate or by
    the abort rule. What is not done when the campaign is over has failed, with cause "late".
    """

    devices: int
    load: ServerLoad = field(default_factory=ServerLoad)
    #: When devices ended, in order, and whether they have the file.
    ended: list[tuple[float, bool]] = field(default_factory=list)
    #: When the last device ended, or the campaign was cut.
    seconds: float = 0.0
    done: int = 0
    failed: int = 0
    never_started: int = 0
    #: Failed devices by cause, the largest first.
    causes: Mapping[str, int] = field(default_factory=dict)
    #: How many devices began a first attempt, a second one, …
    attempts_by_number: list[int] = field(default_factory=list)
    stages: list[StageRun] = field(default_factory=list)
    #: Why no more devices were told to begin, or None.
    aborted: str | None = None
    #: Seconds in the backlog: of all devices, and the longest wait; how many waits there were.
    waited: float = 0.0
    longest_wait: float = 0.0
    waits: int = 0
    #: Attempts that the server refused.
    refused: int = 0
    #: Attempts in which a request would have run into the module's time-out, in the mean.
    overdue: int = 0
    #: Seconds with anybody in contact; of these, with too few bytes or requests a second for all;
    #: and seconds with anybody in the backlog.
    busy: float = 0.0
    saturated: float = 0.0
    full: float = 0.0
    #: The least speed of a device in contact, as a share of its speed alone.
    slowest: float = 1.0
    #: What the figures do not tell, in words for a person.
    notes: list[str] = field(default_factory=list)

    @property
    def peak_connections(self) -> float:
        """The most that were open at once, as the mean of a second."""
        return max(self.load.connections, default=0.0)

    @property
    def peak_requests(self) -> float:
        """The most that came in one second."""
        return max(self.load.requests, default=0.0)

    @property
    def peak_sent(self) -> float:
        """The most bytes that the server sent in one second."""
        return max(self.load.sent, default=0.0)

    @property
    def busiest(self) -> int:
        """The second with the most bytes, the first of them; 0 if there was none."""
        sent = self.load.sent
        return sent.index(max(sent)) if sent else 0

    def done_by(self, share: float) -> float | None:
        """When that share (above 0, to 1) of all devices had the file; None if never."""
        times = [at for at, ok in self.ended if ok]
        # What rounding adds to a product makes no further device.
        place = max(1, ceil(share * self.devices - 1e-6)) - 1
        return times[place] if place < len(times) else None
