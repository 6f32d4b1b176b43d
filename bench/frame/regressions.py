"""Whether a ratio has become worse than noise makes it.

Only ratios to a peer of the same run are compared: what makes another machine slower makes both
sides slower. How much noise there is is known from the record: the short form ran several times
when it was made, and what lies between those runs is noise. A ratio is worse when it is below the
worst of them by more than `MARGIN`; one that is twice as bad as the median is worse in any case.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.figures import Figure

#: Part of the worst ratio of the record, for what another machine does to it.
MARGIN = 0.25
#: Times worse than the median of the record: more is no noise, whatever the record says.
FACTOR = 1.9


def regressions(figures: Iterable[Figure], record: Mapping[str, Sequence[float]]) -> dict[str, str]:
    """What is wrong, by key; a figure that is not in the record is new."""
    found: dict[str, str] = {}
    for figure in figures:
        ratios = record.get(figure.key)
        if not ratios or figure.ratio is None:
            continue
        sign = 1 if figure.better == "more" else -1
        # A goodness, of which more is better: the ratio, or its reverse.
        now, *then = (ratio**sign for ratio in (figure.ratio, *ratios))
        least = max(min(then) * (1 - MARGIN), statistics.median(then) / FACTOR)
        if now < least:
            found[figure.key] = (
                f"{figure.key}: ratio {figure.ratio:.3g} to {figure.peer}; recorded"
                f" {', '.join(f'{ratio:.3g}' for ratio in ratios)}, allowed {least**sign:.3g}"
            )
    return found
