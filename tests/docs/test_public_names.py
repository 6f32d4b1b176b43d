"""Documentation and examples import promised names only; docs/reference/api.md has all of them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import atwin
import atwin.faults
import atwin.testing
from docs.api import MODULES, page

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
PROMISED = {module.__name__: set(module.__all__) for module in MODULES}
#: What `atwin` has where it is an argument of a test.
FIXTURE = {name for name in dir(atwin.Rig) if not name.startswith("_")}
#: What may be imported for its effect, and the doors themselves.
DOORS = {*PROMISED, "atwin.plugs"}

SOURCES = [
    *(
        pytest.param(block, id=f"{path.stem}-{number}")
        for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*/*.md")))
        for number, block in enumerate(BLOCK.findall(path.read_text("utf-8")))
    ),
    *(
        pytest.param(path.read_text("utf-8"), id=path.name)
        for path in sorted((ROOT / "examples").glob("*.py"))
    ),
]


def private(source: str) -> Iterator[str]:
    """The names of `atwin` in `source` that are not promised."""
    tree = ast.parse(source)
    fixture = any(isinstance(node, ast.arg) and node.arg == "atwin" for node in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "atwin" and alias.name not in DOORS:
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "atwin":
            module = node.module or ""
            for alias in node.names:
                name = f"{module}.{alias.name}"
                if alias.name not in PROMISED.get(module, ()) and name not in DOORS:
                    yield name
        elif isinstance(node, ast.Attribute):
            name = ast.unparse(node.value)
            known = FIXTURE if name == "atwin" and fixture else PROMISED.get(name, {node.attr})
            if node.attr not in known and f"{name}.{node.attr}" not in DOORS:
                yield f"{name}.{node.attr}"


@pytest.mark.parametrize("source", SOURCES)
def test_only_promised_names(source: str) -> None:
    assert list(private(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "from atwin.host.modem import Modem",
        "import atwin.twin.twin",
        "from atwin import moved",
        "from atwin.testing import origin",
        "import atwin\natwin.host",
        "def test_it(atwin): atwin.colour",
    ],
)
def test_what_is_private_is_found(source: str) -> None:
    assert list(private(source))


def test_the_page_of_promised_names_is_current() -> None:
    assert (ROOT / "docs/reference/api.md").read_text("utf-8") == page(), "run `make reference`"


@pytest.mark.parametrize("module", sorted(PROMISED))
def test_each_promised_name_is_there_and_says_what_it_is(module: str) -> None:
    for name in PROMISED[module]:
        value = getattr(import_module(module), name)
        assert isinstance(value, dict) or value.__doc__


def test_the_front_door_loads_nothing_before_a_name_is_asked_for() -> None:
    code = "import sys, atwin; print([name for name in sys.modules if name.startswith('atwin.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "['atwin.moved']\n"


def test_every_name_is_listed_for_those_who_ask() -> None:
    assert set(atwin.__all__) <= set(dir(atwin))
    with pytest.raises(AttributeError, match="colour"):
        _ = atwin.colour  # type: ignore[attr-defined]
