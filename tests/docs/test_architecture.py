"""docs/explanation: architecture.md and fast-path.md name what is there: rooms, files, names."""

from __future__ import annotations

import ast
import builtins
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/atwin"
PAGE = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")
FAST = (ROOT / "docs/explanation/fast-path.md").read_text("utf-8")


@cache
def defined() -> set[str]:
    """Names of the classes, functions and methods of the source."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    trees = (ast.parse(path.read_text("utf-8")) for path in SOURCE.rglob("*.py"))
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_path_it_names_is_there() -> None:
    paths = re.findall(r"`([a-z_]+(?:/[a-z_0-9]+)+(?:\.py|/)?)`", PAGE + FAST)
    assert len(paths) > 20
    assert [p for p in paths if not ((SOURCE / p).exists() or (ROOT / p).exists())] == []


def test_every_class_it_names_is_there() -> None:
    named = re.findall(r"`([A-Z]\w+(?:\.\w+)*)`", PAGE + FAST)
    names = {name.partition(".")[0] for name in named}
    assert len(names) > 40
    assert names - defined() - {"CHAPTER", "FILE", "CIPSTART"} == set()


def test_every_function_of_the_fast_path_is_there() -> None:
    names = set(re.findall(r"`(?:[A-Z]\w+\.)?(_?[a-z]\w+)`", FAST))
    assert len(names) > 30
    rooms = {path.name for path in SOURCE.iterdir()}
    assert names - defined() - rooms - set(dir(builtins)) == set()


def test_every_room_of_the_ground_floors_is_drawn() -> None:
    drawing = PAGE.partition("```\n")[2].partition("```")[0]
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert rooms - set(re.findall(r"\w+", drawing)) == set()
