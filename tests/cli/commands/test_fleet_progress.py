"""What a terminal shows while a fleet is simulated, and after that while it is at its server."""

from __future__ import annotations

import io
import sys

import pytest

from atwin.cli.commands.fleet.progress import show_progress
from atwin.fleet.engine.run import RunTally


class Terminal(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("done", "told"), [(1, False), (2, True)])
def test_the_server_comes_after_the_devices(
    done: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with show_progress(2) as show:
        show(RunTally(done=done))
    assert f"{done}/2" in terminal.getvalue()
    assert ("now the whole fleet at its server" in terminal.getvalue()) is told
