"""The committed reference page is the one the declarations give."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from atwin.at.grammar import Form
from atwin.cli.levels import Level, level, levels
from atwin.cli.reference import command_families, coverage, coverage_json, main, page
from atwin.models import MODELS, load_profile
from docs.cli import page as cli_page
from support.running.program import atwin

DOCS = Path(__file__).parents[2] / "docs/reference"


def test_the_committed_page_is_fresh() -> None:
    assert (DOCS / "commands.md").read_text("utf-8") == page(), "run `make reference`"
    assert (DOCS / "commands.json").read_text("utf-8") == coverage_json(), "run `make reference`"


def test_the_committed_page_of_the_command_line_is_fresh() -> None:
    assert (DOCS / "cli.md").read_text("utf-8") == cli_page(), "run `make reference`"


def test_every_command_has_its_place_on_the_page() -> None:
    text = page()
    for family in command_families():
        for declaration in family.declarations:
            assert f"### AT{declaration.name}\n" in text


def test_no_two_chapters_have_one_title() -> None:
    titles = re.findall(r"^## (.+)$", page(), re.MULTILINE)
    assert sorted(set(titles)) == sorted(titles)


def test_every_chapter_names_the_file_that_declares_it() -> None:
    named = re.findall(r"Declared in `(src/\S+)`\.$", page(), re.MULTILINE)
    assert len(named) == len(command_families())
    for name, family in zip(named, command_families(), strict=True):
        assert f"class {family.__name__}(" in (DOCS.parents[1] / name).read_text("utf-8")


def test_coverage_says_which_models_have_a_command() -> None:
    by_syntax = {entry["syntax"]: entry for entry in coverage()}
    assert by_syntax["AT+CMEE=<mode>"]["models"] == list(MODELS)
    assert by_syntax["AT+CMEE=?"]["form"] == "test"
    assert by_syntax["ATE[<on>]"]["form"] == "set"


def test_ranges_stand_once_per_model_where_they_differ() -> None:
    assert "`(0-319488)` air724ug, `(0-3356)` air780e-at, `(0-130048)` air780e-lsat" in page()


def test_the_program_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["reference", str(tmp_path)])
    main()
    assert (tmp_path / "reference/commands.md").read_text("utf-8") == page()
    assert json.loads((tmp_path / "reference/commands.json").read_text("utf-8")) == coverage()


def test_the_program_without_a_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["reference"])
    with pytest.raises(SystemExit, match="usage"):
        main()


def test_how_far_a_command_is_known() -> None:
    known = levels(command_families())
    assert set(known["+HTTPACTION"].values()) == {Level.FULL}
    assert known["+HTTPGETTOFS"]["air724ug"] == Level.ABSENT
    assert known["+HTTPGETTOFS"]["air780e-at"] == Level.FULL
    assert known["+CATCHPCAP"]["air780ep"] == Level.ANSWERED


def test_the_answer_of_a_profile_counts() -> None:
    by_form = {
        (declaration.name, form): (family, declaration)
        for family in command_families()
        for declaration in family.declarations
        for form in declaration.forms
    }
    profile = replace(
        load_profile("air780e-at"), answers={"AT+CSTT?": ("ERROR",), "AT+CGMI": ("X", "OK")}
    )
    for name, form, told in [
        ("+CSTT", Form.READ, Level.ABSENT),
        ("+CSTT", Form.SET, Level.FULL),
        ("+CGMI", Form.EXECUTE, Level.ANSWERED),
    ]:
        assert level(profile, *by_form[name, form], form) == told


def test_commands_as_a_table_and_as_json() -> None:
    lines = atwin("models", "--commands").stdout.splitlines()
    assert lines[0].split() == ["command", *MODELS]
    row = next(line.split() for line in lines if line.startswith("AT+HTTPGETTOFS "))
    assert row[1:3] == ["absent", "full"]
    told = json.loads(atwin("models", "--commands", "--json").stdout)["commands"]
    assert told["AT+HTTPGETTOFS"] == dict(zip(MODELS, row[1:], strict=True))
    assert len(told) == len(lines) - 1
