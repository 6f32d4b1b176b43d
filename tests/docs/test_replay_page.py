"""docs/howto/replay.md: the test it shows, and what --ignore-usual leaves out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import serial  # noqa: F401

# Here, as an inner run forgets what it has imported.
import atwin.pytest_plugin.rigs  # noqa: F401
from atwin.replay.ignoring import USUAL
from support.line.recorded import pieces_of, said, write_capture
from support.running.blocks import blocks

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

PATH = Path(__file__).parents[2] / "docs/howto/replay.md"
PAGE = PATH.read_text()


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
