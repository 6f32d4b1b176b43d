"""The picture that moves: it is what a terminal showed, in the order it came, and small enough."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from docs.cast.__main__ import COMMANDS
from docs.cast.recording import COLUMNS, record
from docs.cast.svg import svg

KEPT = Path(__file__).parents[2] / "docs/images/demo.svg"


def texts(picture: str, *, last: bool = False) -> list[str]:
    """The rows of a picture as they come, or those that are seen where nothing moves."""
    groups = ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}g")
    return ["".join(g.itertext()) for g in groups if not last or g.attrib["class"].endswith(" z")]


def test_what_runs_is_what_is_seen(tmp_path: Path) -> None:
    commands = ["printf 'one\\033[31m&\\033[m\\n'", "clear; echo two"]
    screens = record(commands, tmp_path, "/usr/bin:/bin")
    picture = svg(screens, "A & B")
    assert texts(picture, last=True) == ["two", "$"]
    seen = texts(picture)
    assert seen[:3] == ["$", "$ p", "$ pr"]
    assert "one&" in seen
    assert '">&amp;</text>' in picture
    assert 'style="fill:#f0736f"' in picture
    assert [at for at, _ in screens] == sorted({at for at, _ in screens})


def test_the_kept_one() -> None:
    """Its commands are those of today, it is whole, and it says nothing of who made it."""
    kept = KEPT.read_text("utf-8")
    rows = texts(kept)
    for command in COMMANDS:
        assert any(row == f"$ {command}"[:COLUMNS] for row in rows), "run `make pictures`"
    assert any("recovered by new PDP" in row for row in texts(kept, last=True))
    assert len(kept) < 300_000
    assert not re.search(r"/home|/root|/work|" + re.escape(tempfile.gettempdir()), kept)
    assert not re.search(r"href|url\(|@import|<script", kept)
