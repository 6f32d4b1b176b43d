"""The Python blocks of a page, and what is shown below each."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```\n(.*?)```)?", re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Program and output, which is empty where none is shown."""
    return _BLOCK.findall(page.read_text("utf-8"))


def run_block(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it as it stands, in `folder`."""
    return subprocess.run(
        [sys.executable, "-c", block],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=folder,
    )
