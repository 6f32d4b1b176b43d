"""The whole fleet from the devices that were simulated, with intervals (D-305).

A stratified bootstrap: devices are drawn again within each stratum, and each draw gives other
weights to the rows (Rao and Wu's rescaling, with the correction for a finite fleet). Where every
device was simulated nothing is left to chance, and an interval has no width.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields
from itertools import accumulate, chain
from math import sqrt
from operator import mul
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.campaign.population import Stratum
    from atwin.fleet.device.row import Row

    Column = Sequence[float]

#: How often the fleet is drawn again.
REPLICATES = 1000
#: Chance that the truth is outside of an interval.
_OUTSIDE = 0.05
#: Shares of the devices that are done by the quantiles.
_MEDIAN, _LATE = 0.5, 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of the whole fleet, and the 95 % interval from `low` to `high`."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Estimate:
        """The same in another unit; `factor` is 0 or more."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Estimates:
    """What the rows say of the whole fleet; totals are of all devices, seconds are a device's own.

    A device that failed counts with what it took until then. `notes` tell, a line each, what makes
    the figures worse than their intervals.
    """

    #: Devices of the fleet, rows they are estimated from, crashes among these.
    devices: int
    rows: int
    crashed: int
    #: Bytes by the operator's rules, and bytes of bodies among them.
    billed: Estimate
    payload: Estimate
    #: In the currency of `[price]`; None without one.
    price: Estimate | None
    requests: Estimate
    connections: Estimate
    connection_seconds: Estimate
    #: Shares of the devices: failed for good, needed a second attempt, have a wrong file.
    failed: Estimate
    retried: Estimate
    wrong: Estimate
    #: From a device's arrival to its end.
    seconds_mean: Estimate
    seconds_median: Estimate
    #: 95 % of the devices need no longer.
    seconds_95: Estimate
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {
            name: value.as_dict()
            if isinstance(value, Estimate)
            else list(value)
            if isinstance(value, tuple)
            else value
            for name, value in values
        }


def estimate(campaign: Campaign, rows: Sequence[Row], *, replicates: int = REPLICATES) -> Estimates:
    """What `rows`, of different devices in any order, say of the whole fleet.

    The same rows give the same figures. Raises `ValueError` where there are none, and `IndexError`
    for a device that the fleet has not.
    """
    weighted = WeightedRows(campaign, rows)
    rows = weighted.rows
    totals = ("billed", "payload", "requests", "connections", "connection_seconds", "seconds")
    shares = {
        "failed": [not row.ok for row in rows],
        "retried": [len(row.attempts) > 1 for row in rows],
        "wrong": [row.wrong for row in rows],
    }
    found = weighted.totals(
        {name: [getattr(row, name) for row in rows] for name in totals} | shares,
        quantiles=("seconds", (_MEDIAN, _LATE)),
        replicates=replicates,
    )
    whole = 1 / campaign.devices
    price = campaign.price
    crashed = sum(row.cause == "crash" for row in rows)
    notes = weighted.notes
    if crashed:
        notes = (f"{crashed} of {len(rows)} simulations crashed and count as failed", *notes)
    return Estimates(
        devices=campaign.devices,
        rows=len(rows),
        crashed=crashed,
        **{name: found[name] for name in totals if name != "seconds"},
        price=found["billed"].times(price.per_mb / price.megabyte) if price else None,
        **{name: found[name].times(whole) for name in shares},
        seconds_mean=found["seconds"].times(whole),
        seconds_median=found[f"seconds {_MEDIAN}"],
        seconds_95=found[f"seconds {_LATE}"],
        notes=notes,
    )


class WeightedRows:
    """Rows, by device, each with the number of devices that it stands for."""

    def __init__(self, campaign: Campaign, rows: Sequence[Row]) -> None:
        """Raises as `estimate`."""
        if not rows:
            raise ValueError("no row: nothing can be said of the fleet")
        self._devices, self._seed = campaign.devices, campaign.seed
        self.rows = sorted(rows, key=lambda row: row.device)
        places: dict[Stratum, list[int]] = {}
        for place, row in enumerate(self.rows):
            places.setdefault(campaign.device(row.device).stratum, []).append(place)
        sizes = {stratum: len(numbers) for stratum, numbers in campaign.strata().items()}
        missing = [stratum for stratum in sizes if stratum not in places]
        left = sum(sizes[stratum] for stratum in missing)
        #: What makes the figures worse than their intervals.
        self.notes: tuple[str, ...] = ()
        if missing:
            kinds = ", ".join(map(str, missing[:3])) + (", …" if len(missing) > 3 else "")
            self.notes += (f"no row of {left:,} devices ({kinds}): they count as the others",)
        #: How many devices each row stands for.
        self.weights = [0.0] * len(self.rows)
        # Those of kinds without a row are as the others are.
        scale = self._devices / (self._devices - left)
        for stratum, own in places.items():
            for place in own:
                self.weights[place] = sizes[stratum] * scale / len(own)
        #: Rows that are drawn again among themselves, and how far that spreads: 0 where all are in.
        self._groups = list(_groups(places, sizes))
        if len(self.rows) == 1 < self._devices:
            self.notes += ("one row is not a sample: intervals have no width",)

    def totals(
        self,
        columns: Mapping[str, Column],
        *,
        quantiles: tuple[str, Sequence[float]] = ("", ()),
        replicates: int = REPLICATES,
    ) -> dict[str, Estimate]:
        """For each column, a value for each of `rows`, its sum over the whole fleet.

        A column of false and true is counted, and gets an interval where none is or all are.
        `quantiles` names a column and shares of the devices: `NAME 0.5` is its median.
        """
        name, shares = quantiles
        ranked = _Ranked(columns[name], shares) if name else None
        values: dict[str, list[float]] = {key: [] for key in columns}
        values |= {f"{name} {share}": [] for share in shares}
        certain = not any(spread for _, spread in self._groups)
        for weights in chain([self.weights], () if certain else self._drawn(replicates)):
            for key, column in columns.items():
                values[key].append(sum(map(mul, weights, column)))
            if ranked is not None:
                for share, value in zip(shares, ranked.quantiles(weights), strict=True):
                    values[f"{name} {share}"].append(value)
        return {
            key: self._bounded(_interval(found), columns.get(key)) for key, found in values.items()
        }

    def _drawn(self, replicates: int) -> Iterator[list[float]]:
        """The weights of the rows, drawn again and again."""
        fraction = Random(self._seed).random
        for _ in range(replicates):
            times = [1.0] * len(self.weights)
            for places, spread in self._groups:
                if not spread:
                    continue
                size = len(places)
                for place in places:
                    times[place] -= spread
                gain = spread * size / (size - 1)
                for _ in range(size - 1):
                    times[places[int(fraction() * size)]] += gain
            yield [*map(mul, self.weights, times)]

    def _bounded(self, found: Estimate, column: Column | None) -> Estimate:
        """What never happened in the sample may still happen: at most 3 / n ("rule of three")."""
        if column is None or not all(isinstance(value, bool) for value in column):
            return found
        whole, rows = self._devices, len(self.rows)
        count = sum(column)
        if count not in (0, rows):
            return found
        effective = sum(self.weights) ** 2 / sum(map(mul, self.weights, self.weights))
        most = (1 - _OUTSIDE ** (1 / effective)) * max(0, whole - rows)
        return Estimate(0.0, 0.0, most) if not count else Estimate(whole, whole - most, whole)


class _Ranked:
    """A column in order, for its quantiles."""

    def __init__(self, column: Column, shares: Sequence[float]) -> None:
        self._order = sorted(range(len(column)), key=column.__getitem__)
        self._shares, self._column = shares, column

    def quantiles(self, weights: Sequence[float]) -> Iterator[float]:
        """The least values that are reached by each of the shares of all weight."""
        sums = [*accumulate(weights[place] for place in self._order)]
        for share in self._shares:
            # Rounding must not lead past a value that is exact.
            place = bisect_left(sums, share * sums[-1] * (1 - 1e-12))
            yield self._column[self._order[place]]


def _groups(
    places: Mapping[Stratum, list[int]], sizes: Mapping[Stratum, int]
) -> Iterator[tuple[list[int], float]]:
    """The rows of each stratum, and the spread of their draws: 1 in an endless fleet, 0 in all.

    A row that is alone for several devices is drawn with those of the stratum beside it.
    """
    joined: list[tuple[list[int], int]] = []
    for stratum in sorted(places):
        own, devices = places[stratum], sizes[stratum]
        if joined and (len(own) == 1 < devices or len(joined[-1][0]) == 1 < joined[-1][1]):
            before, others = joined.pop()
            own, devices = before + own, others + devices
        joined.append((own, devices))
    for own, devices in joined:
        yield own, 0.0 if len(own) == 1 else sqrt(max(0.0, 1 - len(own) / devices))


def _interval(values: Sequence[float]) -> Estimate:
    """Of a value, and of the same drawn again."""
    # What sums leave of rounding is no spread.
    value, *drawn = (float(f"{each:.12g}") for each in values)
    if not drawn:
        return Estimate(value, value, value)
    drawn.sort()
    last = len(drawn) - 1
    low, high = drawn[int(last * _OUTSIDE / 2)], drawn[last - int(last * _OUTSIDE / 2)]
    return Estimate(value, min(low, value), max(high, value))
