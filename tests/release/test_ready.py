"""What keeps a tree from being published."""

from __future__ import annotations

import datetime
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from release.ready import commit, reasons

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "tag": "v1.2.0",
    "project": '[project]\nversion = "1.2.0"\n[tool.hatch.metadata.hooks.custom]\n'
    'address = "https://forge.example/atwin"\n',
    "changelog": "# Changelog\n\n## [1.2.0] - 2026-11-30\n\n## [1.1.0] - 2026-01-01\n",
    "today": datetime.date(2026, 11, 30),
}


def test_a_tree_that_is_ready() -> None:
    assert reasons(**GOOD) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tag": "v1.3.0"}, "the tag is v1.3.0"),
        ({"project": GOOD["project"].replace(".example", ".invalid")}, "leads nowhere"),
        ({"project": GOOD["project"].replace("https://forge.example/atwin", "")}, "leads nowhere"),
        ({"changelog": "## [1.2.0]\n"}, "does not begin with"),
        ({"changelog": "## [1.3.0] - 2026-11-30\n" + GOOD["changelog"]}, "does not begin with"),
        ({"changelog": "## [1.2.0] - 2026-12-01\n"}, "which is to come"),
    ],
)
def test_a_tree_that_is_not(changed: dict[str, Any], said: str) -> None:
    (reason,) = reasons(**GOOD | changed)
    assert said in reason


def test_the_commit_of_a_tag(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    assert commit("refs/tags/v1", tmp_path) == commit("HEAD", tmp_path) != ""
    assert commit("refs/tags/v2", tmp_path) == ""
