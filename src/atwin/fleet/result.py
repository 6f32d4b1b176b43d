"""All that a fleet came to: what is printed, and what reports are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from atwin.fleet.report.worst import worst
from atwin.fleet.server.curves import SHARES, completion, thinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row
    from atwin.fleet.estimate import Estimates
    from atwin.fleet.report.breakdown import Breakdown
    from atwin.fleet.server.curves import Spread
    from atwin.fleet.server.run import ServerRun

#: The most items of a list whose length a plan or a fleet decides.
_MOST = 1000
#: Points of a curve, and buckets of a load.
_POINTS = 500


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What simulated the devices.

    `workers` did at a time, in `seconds` of real time; `cpu_seconds` are of all of them. So often
    as `restarts` says, a worker died, and what it had was done again. `resumed` rows are of an
    earlier run, and count for none of these.
    """

    name: str
    workers: int
    seconds: float
    cpu_seconds: float
    restarts: int
    resumed: int


@dataclass(frozen=True, slots=True)
class FleetResult:
    """A campaign, the `rows` of its simulated devices by number, and what follows for all of them.

    `run` is the fleet at the server; `spread` says how far its figures may be off, and is None
    where nothing was played again for that. `breakdown` is what the estimates consist of. `command`
    are the words of `atwin fleet` that say which campaign it is. `notes` are lines for a person.
    """

    campaign: Campaign
    rows: Sequence[Row]
    estimates: Estimates
    run: ServerRun
    spread: Spread | None
    breakdown: Breakdown
    engine: EngineFacts
    notes: Sequence[str]
    command: Sequence[str]

    @property
    def wrong(self) -> int:
        """Simulated devices that have a file which is not the right one."""
        return sum(row.wrong for row in self.rows)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: of bounded size, without the rows."""
        return {
            "devices": self.campaign.devices,
            "simulated": len(self.rows),
            "seed": self.campaign.seed,
            "digest": self.campaign.digest,
            "wrong_files": self.wrong,
            "estimates": self.estimates.as_dict(),
            "breakdown": self.breakdown.as_dict(),
            "server": _server(self.run, self.spread),
            "worst": [one.as_dict() for one in worst(self.campaign, self.rows, self.command)],
            "engine": asdict(self.engine),
            "notes": list(self.notes)[:_MOST],
        }


def _server(run: ServerRun, spread: Spread | None) -> dict[str, Any]:
    plain = (
        "seconds", "done", "failed", "never_started", "aborted", "waited", "longest_wait", "waits",
        "refused", "peak_connections", "peak_requests", "peak_sent", "busiest", "saturated", "full",
    )  # fmt: skip
    return {
        **{name: getattr(run, name) for name in plain},
        "causes": dict(list(run.causes.items())[:_MOST]),
        "attempts": run.attempts_by_number[:_MOST],
        "stages": [asdict(stage) for stage in run.stages[:_MOST]],
        "done_by": [{"share": share, "seconds": run.done_by(share)} for share in SHARES],
        "spread": spread and spread.as_dict(),
        "completion": completion(run, _POINTS),
        "load": {name: asdict(part) for name, part in thinned(run.load, _POINTS).items()},
        "notes": run.notes[:_MOST],
    }
