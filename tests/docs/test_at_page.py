"""docs/howto/at.md shows what `atwin at` prints."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from support.running.program import atwin

PAGE = (Path(__file__).parents[2] / "docs/howto/at.md").read_text()


def test_the_object_of_json() -> None:
    ((command, shown),) = re.findall(
        r"^\$ atwin (at [^\n]* --json)\n(\{.*?\})\n```", PAGE, re.M | re.S
    )
    told = json.loads(atwin(*shlex.split(command)).stdout)
    wanted = json.loads(shown)
    # The tests take away the delays of the twin that is there without --port.
    told["port"] = told["port"].partition("?")[0]
    for one in (*told["answers"], *wanted["answers"]):
        assert one.pop("seconds") < 60
    assert told == wanted


def test_the_commands_it_shows_can_be_sent() -> None:
    shown = re.findall(r"^    (?:\$ )?atwin (at .*)$", PAGE, re.MULTILINE)
    assert len(shown) == 2
    for words in shown:
        assert atwin(*shlex.split(words), "--keep-going").returncode in (0, 1)
