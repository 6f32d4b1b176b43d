"""docs/howto/plan.md shows what the command prints, and names its options."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.cli.app import run
from atwin.cli.commands.plan import plan

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).parents[2] / "docs/howto/plan.md").read_text("utf-8")


def test_what_is_shown_is_what_comes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    command, _, shown = re.findall(r"```\n\$ atwin ([^\n]*)\n()(.*?)```", PAGE, re.DOTALL)[0]
    assert run(command.split()) == 0
    assert capsys.readouterr().out == shown


def test_every_option_is_told() -> None:
    names = {name for option in plan.params for name in option.opts}
    assert names - {"--json"} <= set(re.findall(r"--[a-z-]+", PAGE))
