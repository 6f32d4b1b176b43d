"""What a page of the documentation points at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target


def test_the_reference_names_no_file_a_reader_does_not_have() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text()
    assert set(re.findall(r"[\w-]+\.md", page)) == {"control.md"}
    assert "spec" not in page.lower().replace("specif", "")
