"""For each fault and each model: the file is right, and the rung that helped is the one called for.

The same cases with the vendor's whole file: `python -m bench.rungs`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from bench.rungs import CASES, Case, run

from atwin.models import MODELS
from atwin.testing.origin import Generated

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1_000_000
DIGEST = hashlib.sha256(Generated(SIZE, seed=7).read(0, SIZE)).hexdigest()


@pytest.mark.sampled("model")
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rung_that_helps_is_the_one_the_fault_calls_for(
    case: Case, model: str, tmp_path: Path
) -> None:
    """Each case on one model a run, on every model in `make prove`."""
    result = run(model, case, SIZE, tmp_path)
    assert result.sha256 == DIGEST
    helped = {rung.rung for rung in result.recovery if rung.helped}
    assert helped <= set(case.helps)
    assert bool(helped) == bool(case.helps)
