"""All that a fleet came to: what is printed, and what reports are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row
    from atwin.fleet.estimate import Estimates
    from atwin.fleet.server.run import ServerRun

#: Shares of the fleet for which `as_dict` tells when they had the file.
_SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
#: The most items of a list whose length a plan or a fleet decides.
_MOST = 1000


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

    `run` is the fleet at the server. `spread` are runs with all that is left to chance drawn anew:
    how far they lie apart shows how far `run` may be off. `notes` are lines for a person.
    """

    campaign: Campaign
    rows: Sequence[Row]
    estimates: Estimates
    run: ServerRun
    spread: Sequence[ServerRun]
    engine: EngineFacts
    notes: Sequence[str]

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
            "server": _server(self.run, self.spread),
            "engine": asdict(self.engine),
            "notes": list(self.notes)[:_MOST],
        }


def _server(run: ServerRun, spread: Sequence[ServerRun]) -> dict[str, Any]:
    plain = (
        "seconds", "done", "failed", "never_started", "aborted", "waited", "longest_wait", "waits",
        "refused", "peak_connections", "peak_requests", "peak_sent", "busiest", "saturated", "full",
    )  # fmt: skip
    return {
        **{name: getattr(run, name) for name in plain},
        "causes": dict(list(run.causes.items())[:_MOST]),
        "attempts": run.attempts_by_number[:_MOST],
        "stages": [asdict(stage) for stage in run.stages[:_MOST]],
        "done_by": [
            {
                "share": share,
                "seconds": run.done_by(share),
                "spread": [other.done_by(share) for other in spread],
            }
            for share in _SHARES
        ],
        "notes": run.notes[:_MOST],
    }
