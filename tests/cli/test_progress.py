"""The bar of a download, on a stderr that somebody looks at."""

from __future__ import annotations

import io
import os
import sys

import pytest

from atwin.cli.progress import show_progress
from atwin.cli.says import say
from atwin.host.download.reports import Progress


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "theirs", [{}, {"TQDM_DISABLE": "1"}, {"TQDM_ASCII": "1", "TQDM_MININTERVAL": "often"}], ids=len
)
def test_what_is_said_meanwhile_stands_above_the_bar(
    theirs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it does for somebody who wants no bars of other programs, or other ones."""
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)  # read when it is imported
    for name in [name for name in sys.modules if name.partition(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with show_progress("fw.bin") as show:
        show(Progress(3000, 3000, 12000, 2, 4, 0, "range"))
        say("fault: hang begins")
        show(Progress(6000, 3000, 12000, 3, 4, 1, "range", note="recovery: new PDP"))
    assert sys.stderr is terminal
    lines = [line.rpartition("\r")[2] for line in terminal.getvalue().split("\n")]
    if theirs:
        assert lines.pop(0) == f"atwin: {' and '.join(theirs)} of the environment: ignored"
        assert theirs.items() <= os.environ.items(), "they are for other programs still"
    assert lines[:2] == ["atwin: fault: hang begins", "recovery: new PDP"]
    for told in ("fw.bin:  50%|", "6.00k/12.0k", "part 3 of 4, 1 retry"):
        assert told in lines[2]
