"""Each fuzzer of this folder for a moment, from a seed that stays the same."""

from __future__ import annotations

import importlib

import pytest

from fuzz.runner import fuzz, names


@pytest.mark.parametrize("name", names())
def test_a_moment_finds_nothing(name: str) -> None:
    attempt = importlib.import_module(f"fuzz.{name}").attempt
    assert fuzz(attempt, seconds=0.4, seed=20261129) > 0
