"""Fuzzers that are guided by coverage: what steers each, and what a find is told as."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.guided.hunt import can_be_guided, hunt
from fuzz.guided.targets import TARGETS
from fuzz.runner import names


def test_each_fuzzer_has_rooms_that_steer_it() -> None:
    assert TARGETS.keys() == set(names())


def test_a_fuzzer_that_tries_nothing_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process ends well, and has counted no input."""
    monkeypatch.setattr(subprocess, "run", lambda words, **_: subprocess.CompletedProcess(words, 0))
    assert hunt("traces", seconds=1, seed=2).lost == "traces: no input was tried (exit 0)"


@pytest.mark.skipif(not can_be_guided(), reason="atheris is installed by make prove")
def test_a_find_is_told_as_a_line_that_repeats_it() -> None:
    found = hunt("guided.sample", seconds=30, seed=2)
    assert found.lost.startswith("guided.sample: AssertionError: it was said"), found
    program, *words = shlex.split(found.told.splitlines()[-1])
    assert program == "python"
    again = subprocess.run(
        [sys.executable, *words],
        cwd=Path(__file__).parents[2],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert "found: AssertionError: it was said" in again.stderr
