"""What the loop has to do for a paced download: bench/virtual.py with a small file."""

from __future__ import annotations

import pytest
from bench.paced import MODELS
from bench.virtual import counted

SIZE = 200_000


@pytest.mark.parametrize("model", MODELS)
def test_a_paced_download_needs_few_turns_of_the_loop(model: str) -> None:
    """Slices of 10 ms alone would be 18 turns a kB, and 9 timers."""
    cost = counted(model, SIZE)
    assert cost.virtual > SIZE * 10 / 115200
    assert cost.turns * 1000 / SIZE < 8
    assert cost.timers * 1000 / SIZE < 5
