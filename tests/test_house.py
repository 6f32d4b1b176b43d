"""The house can be learnt: no circle of imports, and no folder with more files than fit the eye."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[1] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCE.rglob("*.py")
}
FOLDERS = sorted({path.parent for path in MODULES.values()})
#: Python files of a folder, `__init__` included.
MOST = 15


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those that run when the program does: not what only type checkers read."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        yield statement
        for name in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, name, []))


def imported(path: Path) -> Iterator[str]:
    """The modules of this source that the module imports, in its functions as well."""
    for statement in statements(ast.parse(path.read_text("utf-8")).body):
        match statement:
            case ast.ImportFrom(module=str(module), names=names):
                for name in names:
                    inner = f"{module}.{name.name}"
                    yield inner if inner in MODULES else module
            case ast.Import(names=names):
                yield from (name.name for name in names)


def imports() -> dict[str, set[str]]:
    return {name: set(imported(path)) & MODULES.keys() for name, path in MODULES.items()}


def test_no_circle_of_imports() -> None:
    graph = imports()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_folder_is_seen_at_a_glance(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= MOST


def reached(name: str, graph: dict[str, set[str]]) -> set[str]:
    """All that is imported with it."""
    found, ahead = set[str](), [name]
    while ahead:
        new = graph[ahead.pop()] - found
        found |= new
        ahead.extend(new)
    return found


@pytest.mark.parametrize(
    ("room", "other"), [("atwin.twin", "atwin.host"), ("atwin.host", "atwin.twin")]
)
def test_the_two_ends_meet_on_the_line_only(room: str, other: str) -> None:
    """Neither needs the other, not even through a third."""
    graph = imports()
    for name in graph:
        if name.startswith(f"{room}."):
            strangers = [one for one in reached(name, graph) if one.startswith(f"{other}.")]
            assert not strangers, name
