"""The units of docs/howto/gateway.md run a command as it is each night, again after 3 alone."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path

from atwin.cli.commands.get import get
from atwin.cli.ending import EXIT_CODES
from docs.running.page import Page, Shown

PAGE = Path(__file__).parents[2] / "docs/howto/gateway.md"


def _unit(name: str) -> RawConfigParser:
    (text,) = (one.text for one in Page(PAGE).items if isinstance(one, Shown) and one.name == name)
    unit = RawConfigParser()
    unit.read_string(text)
    return unit


def test_the_units() -> None:
    unit = _unit("update.service")
    service = unit["Service"]
    known = {name for option in get.params for name in option.opts}
    assert set(re.findall(r"(?<=\s)--?[a-z0-9-]+", service["ExecStart"])) <= known
    stops = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert stops == {int(code) for code in re.findall(r"\b\d(?= )", EXIT_CODES)} - {0, 3}
    # What is bound to the device of a module on USB is stopped when the module restarts.
    assert set(unit["Unit"]) & {"bindsto", "requires"} == set()
    assert _unit("update.timer")["Timer"]["OnCalendar"]
