"""The table of contents of the firmware, by which chapters are read when they are needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from atwin.at.command import CommandTable
from atwin.at.grammar import Command, Form
from atwin.at.reply import UnknownCommandError
from atwin.models import load_profile
from atwin.twin.engine.contents import ChapterRow, Contents
from atwin.twin.engine.run import ChapterService
from atwin.twin.firmware import ROWS

if TYPE_CHECKING:
    from pathlib import Path

CHAPTER = """
from atwin.at import command
from atwin.twin.engine.run import Chapter, Commands

class {name}(Commands):
    @command.execute("+{name}")
    def say(self) -> str:
        "Says it."
        return "{name}"

CHAPTER = Chapter(({name},))
"""


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_what_its_chapter_has(name: str) -> None:
    (chapter,) = Contents("atwin.twin.chapters", {name: ROWS[name]})
    commands = {one.name for family in chapter.commands for one in family.declarations}
    hears = any(
        vars(base).keys() & {"power_up", "surrounded"}
        for base in chapter.service.__mro__
        if base is not ChapterService
    )
    assert ROWS[name] == ChapterRow(" ".join(sorted(commands)), hears)


def test_a_chapter_is_read_when_one_of_its_commands_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("one", "two"):
        (tmp_path / "a_manual").mkdir(exist_ok=True)
        (tmp_path / f"a_manual/{name}.py").write_text(CHAPTER.format(name=name.upper()))
    contents = Contents("a_manual", {"one": ChapterRow("+ONE"), "two": ChapterRow("+TWO")})
    table = CommandTable((), load_profile("air724ug"), more=contents.families)

    def say(name: str) -> object:
        return table.call(Command(name, Form.EXECUTE, ""), lambda family: family(None))  # type: ignore[call-arg]

    with pytest.raises(UnknownCommandError):
        say("+THREE")
    assert [*contents.read()] == []
    assert say("+ONE") == "ONE"
    assert "a_manual.two" not in sys.modules
    assert len([*contents.read()]) == 1
    assert table.names == ["+ONE", "+TWO"]
    assert say("+TWO") == "TWO"
