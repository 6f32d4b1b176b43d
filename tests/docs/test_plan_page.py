"""docs/howto/plan.md names the options of the command; tests/docs/running runs what it shows."""

from __future__ import annotations

import re
from pathlib import Path

from atwin.cli.commands.plan import plan

PAGE = (Path(__file__).parents[2] / "docs/howto/plan.md").read_text("utf-8")


def test_every_option_is_told() -> None:
    names = {name for option in plan.params for name in option.opts}
    assert names - {"--json"} <= set(re.findall(r"--[a-z-]+", PAGE))
