"""docs/reference/control.md shows what the control socket answers."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from atwin.control.state import GOES_BY
from support.running.controlled import ask_control
from support.running.program import start

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs/reference/control.md").read_text()


def lines_of(log: str) -> list[str]:
    """Log lines without the time of day, and without how long a pin was low."""
    found = re.findall(r"^.*?(atwin\.twin\..*)", log, re.MULTILINE)
    return [re.sub(r"[\d.]+ s$", "N s", line) for line in found]


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "pins"
    twin = start("twin", "--model", "air780e-at", "--pty", tmp_path / "tty", "--control", path)
    assert twin.stdout is not None
    assert twin.stdout.readline().startswith(b"ready ")
    yield path
    twin.terminate()
    _, errors = twin.communicate(timeout=20)
    (shown,) = re.findall(r"```\n(atwin\.twin .*?)```", PAGE, re.DOTALL)
    assert lines_of(errors.decode())[: len(lines_of(shown))] == lines_of(shown)


def test_every_request_is_answered_as_shown(control: Path) -> None:
    shown = re.findall(r"^> (.*)\n< (.*)$", PAGE, re.MULTILINE)
    assert len(shown) > 10
    for request, answer in shown:
        told = ask(control, request)
        assert_within(json.loads(answer), told)
        if request == '{"get": "state"}':  # this one is shown whole
            assert shape(json.loads(answer)) == shape(told)


def test_the_program_without_netcat(control: Path) -> None:
    (program,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    ended = subprocess.run(
        ["sh", "-c", program.replace("/tmp/pins", str(control))],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert json.loads(ended.stdout)["state"]["on"] is False
    ask(control, '{"pulse": "power_key", "seconds": 1.2}')


def ask(control: Path, request: str) -> Any:
    (answer,) = ask_control(control, request, seconds=20)
    return answer


def shape(value: object) -> object:
    """The keys of an answer, of all its depths."""
    return {key: shape(one) for key, one in value.items()} if isinstance(value, dict) else None


def assert_within(shown: object, whole: object) -> None:
    """`whole` has all that `shown` has."""
    if isinstance(shown, dict):
        assert isinstance(whole, dict)
        for key, value in shown.items():
            assert key in whole
            if key in GOES_BY:
                continue
            assert_within(value, whole[key])
    else:
        assert whole == shown
