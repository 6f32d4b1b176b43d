"""The committed reference page is the one the declarations give."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from atwin.cli.reference import command_families, coverage, coverage_json, main, page
from atwin.models import MODELS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_committed_page_is_fresh() -> None:
    assert (DOCS / "commands.md").read_text("utf-8") == page(), "run `make reference`"
    assert (DOCS / "commands.json").read_text("utf-8") == coverage_json(), "run `make reference`"


def test_every_command_has_its_place_on_the_page() -> None:
    text = page()
    for family in command_families():
        for declaration in family.declarations:
            assert f"### AT{declaration.name}\n" in text


def test_every_chapter_names_the_file_that_declares_it() -> None:
    named = re.findall(r"Declared in `(src/\S+)`\.$", page(), re.MULTILINE)
    assert len(named) == len(command_families())
    for name, family in zip(named, command_families(), strict=True):
        assert f"class {family.__name__}(" in (DOCS.parent / name).read_text("utf-8")


def test_coverage_says_which_models_have_a_command() -> None:
    by_syntax = {entry["syntax"]: entry for entry in coverage()}
    assert by_syntax["AT+CMEE=<mode>"]["models"] == list(MODELS)
    assert by_syntax["AT+CMEE=?"]["form"] == "test"
    assert by_syntax["ATE[<on>]"]["form"] == "set"


def test_ranges_stand_once_per_model_where_they_differ() -> None:
    assert "`(0-319488)` air724ug, `(0-3356)` air780e-at, `(0-130048)` air780e-lsat" in page()


def test_the_program_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["reference", str(tmp_path / "docs")])
    main()
    assert (tmp_path / "docs" / "commands.md").read_text("utf-8") == page()
    assert json.loads((tmp_path / "docs" / "commands.json").read_text("utf-8")) == coverage()


def test_the_program_without_a_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["reference"])
    with pytest.raises(SystemExit, match="usage"):
        main()
