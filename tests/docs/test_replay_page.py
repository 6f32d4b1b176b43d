"""docs/replay.md: what its shell lines print, and what --ignore-usual leaves out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from atwin.replay.ignoring import USUAL
from support.running.patience import PATIENCE

PAGE = (Path(__file__).parents[2] / "docs/replay.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```\n\nprints\n\n```\n(.*?)```", PAGE, re.DOTALL)


def test_its_shell_lines_print_what_it_shows(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    module = str(tmp_path / "module")
    shown = [[text.replace("/tmp/module", module) for text in block] for block in BLOCKS]
    assert len(shown) == 2
    for lines, printed in shown:
        ended = subprocess.run(
            ["sh", "-c", lines],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ended.stdout == printed, ended.stderr
        assert ended.returncode == 5


def test_what_is_usual_is_listed() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(USUAL)
