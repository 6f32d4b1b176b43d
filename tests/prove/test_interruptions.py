"""Four interruptions of the two hundred of `make prove`."""

from __future__ import annotations

import pytest

from prove.interruptions import run


@pytest.mark.timeout(240)
def test_the_next_command_works_at_once() -> None:
    assert run(4, seed=20261129, told=False) == []
