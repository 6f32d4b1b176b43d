"""A program without a fleet imports none of it, and one without a cluster no Dask."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import atwin

SOURCE = Path(atwin.__file__).parent


@pytest.mark.parametrize(
    ("package", "homes"),
    [(r"atwin\.fleet", ("fleet", "cli/commands/fleet")), ("distributed", ())],
)
def test_only_its_own_rooms_load_it_at_once(package: str, homes: tuple[str, ...]) -> None:
    """In functions others may."""
    at_once = re.compile(rf"^(from|import) {package}\b", re.MULTILINE)
    paths = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    loading = {name for name, path in paths.items() if at_once.search(path.read_text("utf-8"))}
    assert {name for name in loading if not name.startswith(homes)} == set()
    assert bool(loading) is bool(homes)
    assert paths["fleet/engine/cluster.py"].read_text("utf-8").count("from distributed") == 1
