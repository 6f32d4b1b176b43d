"""docs/spec: what cites a chapter, a section or a question cites one that is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "docs/spec"
CHAPTERS = sorted(path.name for path in SPEC.iterdir() if path.name != "README.md")
CHAPTER = "|".join(re.escape(name) for name in CHAPTERS)
#: A chapter, and the sections after it: `http.md §3.5, §4`, `uart.md §1-§4`, `goldens.md G1, G15`.
CITATION = re.compile(
    rf"(?<![\w./-])(?P<path>docs/spec/)?(?P<chapter>{CHAPTER})"
    r"(?P<sections>(?:(?:,| and|-)?\s+(?:#:? )?(?:§[\d.]*\d|G\d+)|-§[\d.]*\d)*)"
)
QUESTION = re.compile(r"\bOQ-\d+\b")


@cache
def sections(chapter: str) -> frozenset[str]:
    """Numbers of a chapter's headings; of the golden exchanges `G1` and so on."""
    text = (SPEC / chapter).read_text()
    return frozenset(re.findall(r"^#{2,3} (G\d+|\d+(?:\.\d+)*)\b", text, re.MULTILINE))


def unknown(text: str) -> list[str]:
    """Citations in `text` of sections and questions that are not there."""
    known = set(re.findall(r"^\| (OQ-\d+) \|", (SPEC / "open-questions.md").read_text(), re.M))
    missing = [
        f"{found['chapter']} {section}"
        for found in CITATION.finditer(text)
        for section in re.findall(r"(?<=§)[\d.]*\d|G\d+", found["sections"])
        if section not in sections(found["chapter"])
    ]
    return missing + [name for name in QUESTION.findall(text) if name not in known]


@pytest.mark.parametrize("chapter", ["README.md", *CHAPTERS])
def test_the_sections_that_a_chapter_cites_are_there(chapter: str) -> None:
    assert unknown((SPEC / chapter).read_text()) == []


def test_the_contents_name_every_chapter() -> None:
    contents = (SPEC / "README.md").read_text()
    assert sorted(re.findall(r"^\| \[(.+?)\]\(\1\) \|", contents, re.MULTILINE)) == CHAPTERS


def test_every_evidence_mark_is_explained() -> None:
    contents = (SPEC / "README.md").read_text()
    used = {
        mark
        for chapter in CHAPTERS
        for mark in re.findall(
            r"\[(not built|[A-Z](?:\\\*)?)[\]\s,;]", (SPEC / chapter).read_text()
        )
    }
    assert {"V", "C", "L", "E", "S", "not built"} <= used
    assert {mark for mark in used if f"**[{mark}" not in contents} == set()


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda page: page.name
)
def test_the_sections_that_decisions_cite_are_there(page: Path) -> None:
    assert unknown(page.read_text()) == []


def test_a_missing_section_would_be_found() -> None:
    assert unknown("docs/spec/http.md §3.11 and uart.md §1-§4, §99, OQ-999") == [
        "uart.md 99",
        "OQ-999",
    ]
    assert unknown("(docs/spec/goldens.md G1, G77)") == ["goldens.md G77"]
