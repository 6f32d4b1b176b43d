"""docs/spec: what cites a chapter, a section or a question cites one that is there."""

from __future__ import annotations

import re
import tokenize
from functools import cache
from io import StringIO
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


def citing(room: str) -> list[Path]:
    """What cites chapters, but for this file, which cites what is not there."""
    kinds = {".py", ".toml", ".txt"}
    found = [path for path in (ROOT / room).rglob("*") if path.suffix in kinds]
    return sorted(path for path in found if path != Path(__file__).resolve())


def stray(text: str) -> list[str]:
    """Chapters in `text` that are not named by a path, themselves or by the chapter before them."""
    return [
        found["chapter"]
        for found in CITATION.finditer(text)
        if not found["path"]
        and "docs/spec/" not in text[max(0, found.start() - 120) : found.start()]
    ]


@pytest.mark.parametrize("room", ["src", "tests", "bench", "examples"])
def test_what_the_source_cites_is_there_and_has_a_path(room: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in citing(room)
        if (found := unknown(text := path.read_text(encoding="utf-8")) + stray(text))
    }
    assert wrong == {}


def test_a_chapter_without_a_path_would_be_found() -> None:
    assert stray('"""Rates (' + "spec: " + 'uart.md §5)."""') == ["uart.md"]
    assert stray("(docs/spec/flows.md §3, http.md §7)") == []


#: A page or table that a comment or docstring names.
PAGE = re.compile(r"(?<![\w./<*{-])[\w/.-]*[\w-]\.(?:md|tsv)\b(?!\()")


def prose(path: Path) -> str:
    """Comments and strings of a Python file."""
    tokens = tokenize.generate_tokens(StringIO(path.read_text(encoding="utf-8")).readline)
    return "\n".join(t.string for t in tokens if t.type in (tokenize.COMMENT, tokenize.STRING))


def test_no_comment_of_the_source_names_a_page_outside_of_the_repository() -> None:
    missing = {
        page: path.name
        for path in (ROOT / "src").rglob("*.py")
        for page in PAGE.findall(prose(path))
        if not any(
            (place / page).exists() for place in (ROOT, ROOT / "docs/reference", SPEC, path.parent)
        )
    }
    assert missing == {}
