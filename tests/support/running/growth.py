"""Whether the time something takes grows with its input and no faster."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def grows_evenly(work: Callable[[str], object], before: str, piece: str, after: str) -> bool:
    """Whether eight times as many of `piece` take about eight times as long, and not 64 times.

    Counted in seconds of this process, the least of some runs: nothing else is measured.
    """

    def cost(size: int) -> float:
        text = before + piece * (size // len(piece)) + after
        runs = []
        for _ in range(3):
            began = process_time()
            work(text)
            runs.append(process_time() - began)
            if runs[-1] > 0.5:
                break
        return min(runs)

    return cost(32768) < 30 * max(cost(4096), 2e-4)
