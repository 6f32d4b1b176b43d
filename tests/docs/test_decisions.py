"""docs/decisions.md lists every record; whoever cites a record cites one that is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs/decisions").glob("*.md"))
RECORD = re.compile(
    r"^### (D-\d+)\. (.+)\n"
    r"\*\d{4}-\d\d-\d\d(?:, changed \d{4}-\d\d-\d\d)? · (accepted.*|superseded by D-\d+)\*\n\n\S",
    re.MULTILINE,
)


def listed() -> dict[str, list[tuple[str, str]]]:
    """What the contents say: file name -> ids and titles."""
    found: dict[str, list[tuple[str, str]]] = {}
    page = ""
    for line in (ROOT / "docs/decisions.md").read_text().splitlines():
        if section := re.fullmatch(r"## \[.+\]\(decisions/(.+\.md)\)", line):
            page = section[1]
            found[page] = []
        elif entry := re.fullmatch(r"- (D-\d+): (.+)", line):
            found[page].append((entry[1], entry[2]))
    return found


def as_listed(match: re.Match[str]) -> tuple[str, str]:
    superseded = match[3].startswith("superseded")
    return match[1], f"{match[2]} ({match[3]})" if superseded else match[2]


@pytest.mark.parametrize("page", RECORDS, ids=lambda page: page.name)
def test_every_record_has_the_one_form_and_its_line_in_the_contents(page: Path) -> None:
    text = page.read_text()
    records = list(RECORD.finditer(text))
    assert len(records) == text.count("\n#"), "a record without id, date or status"
    assert [as_listed(record) for record in records] == listed()[page.name]


def test_a_record_stands_in_the_file_of_its_subject() -> None:
    headings = re.findall(r"^#{2,} .+", (ROOT / "docs/decisions.md").read_text(), re.MULTILINE)
    assert [line for line in headings if "](decisions/" not in line] == [], "give it an id there"


def test_ids_are_unique_and_every_file_is_listed() -> None:
    ids = Counter(entry[0] for entries in listed().values() for entry in entries)
    assert [number for number, times in ids.items() if times > 1] == []
    assert sorted(listed()) == [page.name for page in RECORDS]


def cited() -> dict[str, str]:
    """Each D-id that source, tests or pages name -> a file that names it."""
    files = [
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("*.md"),
    ]
    return {
        number: path.name
        for path in files
        for number in re.findall(r"\bD-\d+\b", path.read_text(encoding="utf-8"))
    }


def test_a_cited_record_is_there() -> None:
    known = {entry[0] for entries in listed().values() for entry in entries}
    citations = cited()
    assert "D-37" in citations  # that of the record it supersedes: something was read
    assert {number: file for number, file in citations.items() if number not in known} == {}


def test_a_superseded_record_is_named_by_its_successor() -> None:
    records = {m[1]: m[3] for page in RECORDS for m in RECORD.finditer(page.read_text())}
    pairs = [
        (old, status.rpartition(" ")[2])
        for old, status in records.items()
        if status.startswith("superseded")
    ]
    assert pairs
    assert [(old, new) for old, new in pairs if old not in records[new]] == []
