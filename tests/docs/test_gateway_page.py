"""The unit of docs/howto/gateway.md runs a command as it is, and tries again after 3 alone."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path

from atwin.cli.commands.get import get
from atwin.cli.ending import EXIT_CODES
from docs.running.page import Page, Shown

PAGE = Path(__file__).parents[2] / "docs/howto/gateway.md"


def test_the_unit() -> None:
    (text,) = (
        one.text
        for one in Page(PAGE).items
        if isinstance(one, Shown) and one.name == "update.service"
    )
    unit = RawConfigParser()
    unit.read_string(text)
    service = unit["Service"]
    known = {name for option in get.params for name in option.opts}
    assert set(re.findall(r"(?<=\s)--?[a-z0-9-]+", service["ExecStart"])) <= known
    stops = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert stops == {int(code) for code in re.findall(r"\b\d(?= )", EXIT_CODES)} - {0, 3}
