"""Who is in the fleet: each device of a campaign with a row, an arrival and a stage."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from atwin.fleet.campaign.coming import Coming
from atwin.fleet.server.demand import Try, tries
from atwin.fleet.server.hours import Hours
from atwin.fleet.server.rollout import Member, Wave
from atwin.twin.faults.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.campaign.devices import ZoneEntry
    from atwin.fleet.device.row import Row


class Fleet:
    """The devices of `campaign`, each with its own row if there is one, else with one of its
    stratum, by dice.

    `replicate` above 0 draws other arrivals and stages, and rows from a bootstrap sample of each
    stratum. Devices that were simulated keep their own: so the spread over replicates is that of a
    finite fleet, and comes from no row where all were simulated.
    """

    def __init__(
        self, campaign: Campaign, rows: Sequence[Row], *, replicate: int, whole: bool
    ) -> None:
        if not rows:
            raise ValueError("no row: not one device has been simulated")
        self._own = {row.device: row for row in rows}
        if whole and len(self._own.keys() & range(campaign.devices)) < campaign.devices:
            raise ValueError("not the whole fleet: some devices have not been simulated")
        self._campaign, self._replicate = campaign, replicate
        rows = sorted(rows, key=lambda row: row.device)
        strata: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            strata[row.stratum].append(row)
        self._strata: Mapping[str, Sequence[Row]] = strata
        if replicate:
            self._strata = {name: self._resampled(name, of) for name, of in strata.items()}
        self._all = [row for of in self._strata.values() for row in of]
        self._tries: dict[int, tuple[Try, ...]] = {}
        #: Strata without a row, and how many devices of them drew one of another.
        self.strange: dict[str, int] = defaultdict(int)

    def waves(self) -> list[Wave]:
        """The stages, and what these leave of the fleet as a last one."""
        campaign = self._campaign
        members, order = [], []
        for number in range(campaign.devices):
            coming = Coming.of(campaign, number, self._replicate)
            order.append((coming.place, number))
            members.append(self._member(number, coming))
        order.sort()
        bounds = accumulate((stage.share for stage in campaign.stages), initial=0.0)
        places = [min(round(bound * campaign.devices), campaign.devices) for bound in bounds]
        waves = [
            Wave([members[number] for _, number in order[low:high]], stage.hold, stage.failed)
            for stage, (low, high) in zip(campaign.stages, pairwise(places), strict=True)
        ]
        if places[-1] < campaign.devices:
            waves.append(Wave([members[number] for _, number in order[places[-1] :]]))
        return waves

    def _member(self, number: int, coming: Coming) -> Member:
        spec = self._campaign.device(number)
        row = self._own.get(number)
        if row is None:
            rows = self._strata.get(name := str(spec.stratum))
            if rows is None:
                self.strange[name] += 1
                rows = self._all
            row = coming.dice.choice(rows)
        if row.device not in self._tries:
            self._tries[row.device] = tries(row, self._campaign.server.connections)
        return Member(
            coming.arrival, self._hours(spec.zone), self._tries[row.device], row.ok, row.cause
        )

    def _hours(self, zone: ZoneEntry) -> Hours | None:
        window = self._campaign.arrival.window
        if window is None:
            return None
        return Hours(window, -(self._campaign.rules.starts.timestamp() + zone.utc))

    def _resampled(self, name: str, rows: Sequence[Row]) -> Sequence[Row]:
        dice = Dice(self._campaign.seed, f"rows {self._replicate} {name}")
        return [dice.choice(rows) for _ in rows]
