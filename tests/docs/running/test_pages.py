"""Every command of a page with ```console blocks runs, and prints what is shown below it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from docs.running.page import Page, differences
from docs.running.shell import ROOT, play
from support.running.sampling import WHOLE

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [
    path.relative_to(ROOT)
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    if "```console\n" in path.read_text("utf-8")
]
#: As in `support.running.program`.
FORKS = not WHOLE and "COVERAGE_PROCESS_CONFIG" not in os.environ
RUN = [path for path in PAGES if not path.name.endswith(".zh.md")]


@pytest.mark.waits
@pytest.mark.parametrize("path", RUN, ids=str)
def test_what_is_shown_is_what_comes(path: Path) -> None:
    wrong = [
        f"{path}:{step.line}: $ {step.command}\n{fault}"
        for step, _, fault in play(Page(ROOT / path), forks=FORKS)
        if fault
    ]
    if wrong:
        pytest.fail("\n\n".join([*wrong, f"python -m tests.docs.running --write {path}"]), False)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_what_is_not_run_says_why(path: Path) -> None:
    page = Page(ROOT / path)
    assert [line for line, reason in page.not_run if not reason] == []
    assert len(page.not_run) <= len(page.steps)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_both_languages_show_the_same(path: Path) -> None:
    english = ROOT / path.with_name(path.name.replace(".zh.md", ".md"))
    chinese = english.with_suffix(".zh.md")
    if chinese.exists() or path.name.endswith(".zh.md"):
        assert differences(Page(english), Page(chinese)) == []
