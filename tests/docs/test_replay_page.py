"""docs/howto/replay.md: what its shell lines print, and what --ignore-usual leaves out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import serial  # noqa: F401

# Here, as an inner run forgets what it has imported.
import atwin.pytest_plugin.rigs  # noqa: F401
from atwin.replay.ignoring import USUAL
from support.line.recorded import pieces_of, said, write_capture
from support.running.blocks import blocks
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

PATH = Path(__file__).parents[2] / "docs/howto/replay.md"
PAGE = PATH.read_text()
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


def test_the_test_it_shows_passes(pytester: pytest.Pytester) -> None:
    turns = [("> AT", "< OK"), ("> AT+CGMM", '< +CGMM: "Air780E"', "< OK")]
    turns += [("> AT+CSQ", "< +CSQ: 9,0", "< OK"), ("> AT+CBC", "< +CBC: 3968", "< OK")]
    recording = said(*(text for turn in turns for text in turn))
    write_capture(pytester.path / "yesterday.pcapng", pieces_of(recording))
    ((shown, _),) = blocks(PATH)
    pytester.makepyfile(shown)
    run = pytester.runpytest_inprocess("-Werror", "-p", "no:xdist", "-p", "no:cacheprovider")
    run.assert_outcomes(passed=1)


def test_what_is_usual_is_listed() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(USUAL)
