"""Each fuzzer of this folder for a moment, by a seed that stays the same; `make prove` has more."""

from __future__ import annotations

import pytest

from fuzz.runner import fuzz, load, names


@pytest.mark.parametrize("name", names())
def test_a_moment_finds_nothing(name: str) -> None:
    assert fuzz(load(name), seconds=0.1, seed=20261129) > 0
