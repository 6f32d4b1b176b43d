"""A sample of the matrix at every run; `python -m tests.matrix --all` is the whole of it."""

from __future__ import annotations

import pytest

from matrix.owed import OWED
from matrix.run import run
from matrix.whole import BY_NAME, sample
from support.running.sampling import SEED, SEED_NAME, some


@pytest.mark.parametrize("name", BY_NAME)
def test_behaviour(name: str) -> None:
    """The right file, or a documented failure that names its cause; on one of the models."""
    for case in some(sample(BY_NAME[name], SEED), 1, name):
        outcome = run(BY_NAME[name], case)
        if not outcome.good and name in OWED:
            pytest.xfail(f"owed: {outcome}")
        assert outcome.good, f"{SEED_NAME}={SEED}: {outcome}"


def test_every_behaviour_says_who_does_this() -> None:
    assert [name for name, behaviour in BY_NAME.items() if not behaviour.__doc__] == []
    assert set(BY_NAME) >= OWED
