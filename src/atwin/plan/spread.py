"""The figures of a job whose downloads do not all go well: a share of them meets faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atwin.plan.simulated import Played


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Mean, median and 95th percentile of one figure."""

    mean: float
    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """One undisturbed download, and those that were disturbed: `share` of all (0 to 1) are such."""

    undisturbed: Played
    disturbed: Sequence[Played]
    share: float

    @property
    def failed(self) -> float:
        """The share of all that ends without the file."""
        bad = sum(not played.ok for played in self.disturbed)
        return self.share * bad / len(self.disturbed)

    def spread(self, figure: Callable[[Played], float]) -> Quantiles:
        """Of a figure of all, those without the file too."""
        weight = self.share / len(self.disturbed)
        weighted = sorted(
            [
                (figure(self.undisturbed), 1 - self.share),
                *((figure(played), weight) for played in self.disturbed),
            ]
        )
        mean = sum(value * share for value, share in weighted)
        return Quantiles(mean, _quantile(weighted, 0.5), _quantile(weighted, 0.95))


def _quantile(weighted: Sequence[tuple[float, float]], share: float) -> float:
    """The least value that is not below `share` of all; the weights add up to 1."""
    below = 0.0
    for value, weight in weighted:
        below += weight
        if below >= share - 1e-9:
            return value
    return weighted[-1][0]
