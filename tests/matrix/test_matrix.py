"""The matrix by hand, of a behaviour that is new; `python -m tests.prove matrix` has all of it."""

from __future__ import annotations

import pytest

from matrix.run import run
from matrix.whole import BY_NAME, MODELS, cases


@pytest.mark.sampled(keep=0)
@pytest.mark.parametrize("name", BY_NAME)
def test_behaviour(name: str) -> None:
    """All cases of one: the right file, or a documented failure that names its cause."""
    for model in MODELS:
        for case in cases(BY_NAME[name], model):
            outcome = run(BY_NAME[name], case)
            assert outcome.good, str(outcome)


def test_every_behaviour_says_who_does_this() -> None:
    assert [name for name, behaviour in BY_NAME.items() if not behaviour.__doc__] == []
