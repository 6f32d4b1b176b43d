"""The programs of others that are installed with the tests start on every model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from atwin.models import MODELS
from prove.programs.run import start_on
from prove.programs.table import PYTHON, Program


@pytest.mark.parametrize("program", PYTHON, ids=lambda program: program.name)
def test_a_program_starts_on_every_model(program: Program) -> None:
    if program.installed is None:
        pytest.skip(f"{program.name} is not installed here")
    with ThreadPoolExecutor(len(MODELS)) as pool:
        started = dict(zip(MODELS, pool.map(lambda m: start_on(program, m), MODELS), strict=True))
    assert {model: result.why for model, result in started.items() if result.why} == {}
