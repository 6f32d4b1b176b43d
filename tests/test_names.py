"""A class name means one thing, or two that docs/reference/glossary.md lists; never three."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/atwin"


def homes() -> dict[str, set[str]]:
    """Each class name of the source -> the modules that define one of that name at their top."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found[node.name].add(str(path.relative_to(SOURCE)))
    return found


def test_no_class_name_is_defined_in_more_than_two_modules() -> None:
    found = homes()
    assert found["Stream"]  # something was read
    assert {name: modules for name, modules in found.items() if len(modules) > 2} == {}


def test_the_glossary_lists_the_class_names_with_two_meanings() -> None:
    table = (ROOT / "docs/reference/glossary.md").read_text("utf-8").partition("## Class names")[2]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted(name for name, modules in homes().items() if len(modules) == 2)
