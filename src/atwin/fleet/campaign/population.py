"""Who each device is, by dice; what devices have in common; which of them are simulated."""

from __future__ import annotations

from array import array
from bisect import bisect
from dataclasses import dataclass
from heapq import heapify, heapreplace
from itertools import accumulate
from math import inf
from typing import TYPE_CHECKING

from atwin.twin.faults.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.campaign.devices import FaultsEntry, LinkEntry, ModelEntry, ZoneEntry
    from atwin.twin.faults.plan import FaultPlan

#: Largest seed of a device, which makes its module and its chances.
_LARGEST_SEED = (1 << 40) - 1
#: Devices of a stratum that are simulated at least, if it has as many.
LEAST = 8
#: How many devices without faults one with faults counts for in a sample.
_FAULTY = 4.0
#: Where a stratum names faults and there are none.
NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """What devices have in common: the names of their entries; `faults` is "" where none are."""

    model: str
    link: str
    faults: str = ""

    def __str__(self) -> str:
        """`air780e-at/good/random`, as in `Row.stratum`."""
        return "/".join((self.model, self.link, self.faults or NONE))


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One device of the fleet: its number, the seed of its module, and its entries."""

    number: int
    seed: int
    stratum: Stratum
    model: ModelEntry
    link: LinkEntry
    #: None where nothing goes wrong.
    faults: FaultsEntry | None
    zone: ZoneEntry

    def fault_plan(self) -> FaultPlan | None:
        """What goes wrong in it."""
        return None if self.faults is None else self.faults.plan_for(self.seed)


class Population:
    """Draws devices: each by dice of its own, so none depends on how many there are."""

    def __init__(
        self,
        seed: int,
        models: Sequence[ModelEntry],
        links: Sequence[LinkEntry],
        faults: Sequence[FaultsEntry],
        zones: Sequence[ZoneEntry],
    ) -> None:
        self._seed = seed
        self._models, self._links, self._zones = models, links, zones
        self._faults: tuple[FaultsEntry | None, ...] = (*faults, None)
        self._by_model = _bounds(entry.share for entry in models)
        self._by_link = _bounds(entry.share for entry in links)
        self._by_zone = _bounds(entry.share for entry in zones)
        # Shares of the whole: what they leave to 1 is without faults.
        shares = [entry.share for entry in faults]
        self._by_faults = _bounds([*shares, max(0.0, 1 - sum(shares))])
        self._strata = {
            (m, k, f): Stratum(model.name, link.name, fault.name if fault else "")
            for m, model in enumerate(models)
            for k, link in enumerate(links)
            for f, fault in enumerate(self._faults)
        }

    def device(self, number: int) -> DeviceSpec:
        """The device of that number."""
        dice = Dice(self._seed, f"device {number}")
        places = model, link, faults = self._places(dice)
        zone = bisect(self._by_zone, dice.fraction())
        return DeviceSpec(
            number,
            dice.whole(0, _LARGEST_SEED),
            self._strata[places],
            self._models[model],
            self._links[link],
            self._faults[faults],
            self._zones[zone],
        )

    def strata(self, devices: int) -> Mapping[Stratum, Sequence[int]]:
        """Which of the first `devices` are in which stratum."""
        found = {places: array("L") for places in self._strata}
        for number in range(devices):
            found[self._places(Dice(self._seed, f"device {number}"))].append(number)
        return {self._strata[places]: numbers for places, numbers in found.items() if numbers}

    def _places(self, dice: Dice) -> tuple[int, int, int]:
        return (
            bisect(self._by_model, dice.fraction()),
            bisect(self._by_link, dice.fraction()),
            bisect(self._by_faults, dice.fraction()),
        )


def _bounds(weights: Iterable[float]) -> list[float]:
    """Where among the fractions each entry begins, but for the first."""
    weights = list(weights)
    sums = list(accumulate(weights))
    # The last one with a weight takes the rest, whatever rounding made of it.
    last = max(place for place, weight in enumerate(weights) if weight)
    return [bound / sums[-1] for bound in sums[:last]]


def sample(campaign: Campaign, all: bool = False) -> Sequence[int]:  # noqa: A002 - as `--all`
    """The numbers of the devices that are simulated, ascending; `all`: each one.

    About `campaign.sample.devices` of them. Each stratum has its part by its devices, those with
    faults four times as much as they differ most (D-320), and 8 at least or all it has. A larger
    sample has the devices of a smaller one.
    """
    if all:
        return range(campaign.devices)
    strata = campaign.strata()
    weights = [_FAULTY if stratum.faults else 1.0 for stratum in strata]
    sizes = allocated([*map(len, strata.values())], weights, campaign.sample.devices)
    # The numbers of a stratum are in no order but chance, so its first are a sample of it.
    chosen = (numbers[:size] for numbers, size in zip(strata.values(), sizes, strict=True))
    return sorted(number for numbers in chosen for number in numbers)


def allocated(sizes: Sequence[int], weights: Sequence[float], wanted: int) -> list[int]:
    """How many of each stratum are simulated; `wanted` in all, if the least of each allow it.

    `weights`: what one device counts there.
    """
    due = [min(LEAST, size) for size in sizes]

    def part(place: int) -> float:
        size = sizes[place]
        return inf if due[place] == size else (due[place] + 0.5) / (size * weights[place])

    # One after the other goes to the stratum of which the smallest part is in (Sainte-Lague's
    # method): so a larger sample takes from none what a smaller one gave it.
    rank = [(part(place), place) for place in range(len(sizes))]
    heapify(rank)
    for _ in range(min(wanted, sum(sizes)) - sum(due)):
        _, place = rank[0]
        due[place] += 1
        heapreplace(rank, (part(place), place))
    return due
