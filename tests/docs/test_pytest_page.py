"""The test files that documentation shows pass as they stand: docs/howto/pytest.md, README.md."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# Here, as an inner run forgets what it has imported.
import pytest_httpserver  # noqa: F401
import serial  # noqa: F401
import trustme  # noqa: F401

import atwin.pytest_plugin.rigs  # noqa: F401
from support.running.blocks import blocks

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PAGES = ("docs/howto/pytest.md", "docs/howto/pytest.zh.md", "README.md", "README.zh.md")
#: Each once, whatever pages show it.
FILES = {
    block: f"{page.partition('.')[0]}-{number}"
    for page in reversed(PAGES)
    for number, (block, _) in enumerate(blocks(ROOT / page))
    if "def test_" in block
}


@pytest.mark.parametrize("file", [pytest.param(file, id=FILES[file]) for file in sorted(FILES)])
def test_what_the_pages_show_passes(
    file: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    pytester.makepyfile(file)
    run = pytester.runpytest_inprocess("-Werror", "-p", "no:xdist", "-p", "no:cacheprovider")
    run.assert_outcomes(passed=run.parseoutcomes().get("passed", 1))


@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows_one(page: str) -> None:
    assert any("def test_" in block for block, _ in blocks(ROOT / page))


def test_both_languages_show_the_same() -> None:
    assert [each.partition("#")[0] for each, _ in blocks(ROOT / PAGES[2])] == [
        each.partition("#")[0] for each, _ in blocks(ROOT / PAGES[3])
    ]
