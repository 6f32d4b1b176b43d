"""What a page of the documentation points at is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from docs.site.text import anchors, links

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def anchors_of(page: Path) -> set[str]:
    return anchors(page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To a file that is there and, where it is a page, to a heading of it; pictures too."""
    for target, anchor in links(page.read_text("utf-8")):
        if "://" in target:
            continue
        to = page.parent / target if target else page
        assert to.exists(), target
        assert not anchor or anchor in anchors_of(to), f"{target}#{anchor}"


def test_the_reference_names_no_file_a_reader_does_not_have() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text()
    assert set(re.findall(r"[\w-]+\.md", page)) == {"control.md"}
    assert "spec" not in page.lower().replace("specif", "")
