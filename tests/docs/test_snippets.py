"""The Python blocks of the documentation run as they stand, and print what is shown below them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.running.blocks import blocks, run_block

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = [
    pytest.param(block, shown, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*/*.md"))
    # Test files (test_pytest_page.py), and what asks a panel (test_control_http.py).
    if not page.name.startswith(("pytest.", "control.")) and not page.name.endswith(".zh.md")
    for number, (block, shown) in enumerate(blocks(page))
    if "PANEL" not in block  # they steer a twin: test_control_http.py
]


@pytest.mark.parametrize(("block", "shown"), BLOCKS)
def test_block_runs(block: str, shown: str, tmp_path: Path) -> None:
    run = run_block(block, tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == shown


@pytest.mark.parametrize("page", sorted(DOCS.glob("*/*.zh.md")), ids=lambda page: page.name)
def test_both_languages_have_the_same_blocks(page: Path) -> None:
    english = page.with_name(page.name.replace(".zh.md", ".md"))
    assert _bare(page) == _bare(english)


def _bare(page: Path) -> list[tuple[str, str]]:
    return [(re.sub(r"  # .*", "", block), shown) for block, shown in blocks(page)]
