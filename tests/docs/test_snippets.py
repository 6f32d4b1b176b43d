"""The Python blocks of the documentation run as they stand, and print what is shown below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```\n(.*?)```)?", re.DOTALL)
BLOCKS = [
    pytest.param(block, shown, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*.md"))
    for number, (block, shown) in enumerate(BLOCK.findall(page.read_text()))
]


@pytest.mark.parametrize(("block", "shown"), BLOCKS)
def test_block_runs(block: str, shown: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", block],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=tmp_path,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == shown
