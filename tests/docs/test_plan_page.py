"""docs/howto/plan.md and .zh.md name the options; tests/docs/running runs what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from atwin.cli.commands.plan import plan

HOWTO = Path(__file__).parents[2] / "docs/howto"


@pytest.mark.parametrize("page", ["plan.md", "plan.zh.md"])
def test_every_option_is_told(page: str) -> None:
    names = {name for option in plan.params for name in option.opts}
    assert names - {"--json"} <= set(re.findall(r"--[a-z-]+", (HOWTO / page).read_text("utf-8")))
