"""Imports point down only; the outside by interfaces (docs/explanation/architecture.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "atwin"

#: Room: the rooms it may import from.
GROUND = {"text", "at", "models", "clock", "disk", "trace"}
MAY_IMPORT = {
    "at": {"at"},
    "text": {"at", "text"},
    "models": {"text", "models"},
    "clock": {"clock"},
    "disk": {"text", "disk"},
    "trace": {"text", "at", "clock", "trace"},
    "page": {"page"},
    "line": GROUND | {"line"},
    "net": GROUND | {"net"},
    "twin": GROUND | {"line", "net", "twin"},
    "host": GROUND | {"line", "net", "host"},
    "replay": GROUND | {"line", "replay"},
    "probe": GROUND | {"net", "probe"},
    "testing": GROUND | {"net", "testing"},
    "control": GROUND | {"line", "net", "twin", "page", "control"},
    "session": GROUND | {"line", "net", "twin", "host", "control", "session"},
    "plan": GROUND | {"line", "net", "twin", "host", "testing", "session", "plan"},
    "cli": GROUND
    | {"line", "net", "twin", "host", "replay", "probe", "page", "control", "session", "plan"}
    | {"fleet", "cli"},
    "fleet": GROUND
    | {"line", "net", "twin", "host", "testing", "session", "plan", "page", "fleet"},
    "plugs": {"text", "line", "host", "session", "plugs"},
    "pytest_plugin": GROUND
    | {"line", "net", "twin", "host", "replay", "testing", "control", "session", "pytest_plugin"},
}
#: Rooms that touch nothing outside, and what they must not touch it with.
CLOSED = {"text", "at", "trace", "twin", "host"}
#: (pathlib names files; opening them is left to `disk`.)
OUTSIDE = {"os", "socket", "ssl", "time", "random", "select", "subprocess", "shutil"}
#: What reads and dresses a command line; only `cli` does.
TERMINAL = {"typer", "click", "cyclopts", "rich", "tqdm", "prompt_toolkit"}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


def test_every_room_has_its_floor() -> None:
    assert {path.parent.name for path in SOURCE.glob("*/*.py")} == {*MAY_IMPORT}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_floor(room: str) -> None:
    files = sorted((SOURCE / room).rglob("*.py"))
    assert files
    for path, name in [(file, name) for file in files for name in imports(file)]:
        parts = name.split(".")
        if parts[0] == "atwin" and len(parts) > 1 and name != "atwin.moved":
            assert parts[1] in MAY_IMPORT[room], f"{path} imports {name}"
        if room != "cli":
            assert parts[0] not in TERMINAL, f"{path} imports {name}"
        if room in CLOSED:
            assert parts[0] not in OUTSIDE, f"{path} imports {name}"
