"""`atwin twin --control`: pins over a Unix socket."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from support.program import atwin, only_line, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Path]:
    """The control socket of a twin that runs."""
    path = tmp_path / "control"
    twin = start("twin", "--model", "air780e-at", "--tcp", "127.0.0.1:0", "--control", path)
    assert twin.stdout is not None
    assert twin.stdout.readline().startswith(b"ready ")
    yield path
    ended(twin)
    assert not path.exists()


def ended(twin: subprocess.Popen[bytes]) -> None:
    twin.terminate()
    twin.communicate(timeout=20)


def say(path: Path, *requests: object) -> list[dict[str, Any]]:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(path))
        stream = client.makefile("rwb")
        answers = []
        for request in requests:
            text = request if isinstance(request, str) else json.dumps(request)
            stream.write(text.encode() + b"\n")
            stream.flush()
            answers.append(json.loads(stream.readline()))
        return answers


def test_pins_and_state(control: Path) -> None:
    state, low, off = say(
        control,
        {"get": "state"},
        {"pulse": "reset", "seconds": 0.7},
        {"set": {"supply": 0}},
    )
    assert state["state"] == {
        "model": "air780e-at",
        "on": True,
        "pins": {"reset": 1, "power_key": 1, "supply": 1},
        "lost_bytes": 0,
    }
    # RESET switches an Air780E off.
    assert (low["ok"], low["state"]["on"], low["state"]["pins"]["reset"]) == (True, False, 1)
    assert off["state"]["pins"]["supply"] == 0
    (on,) = say(control, {"set": {"supply": 1}})
    assert on["ok"]
    (pressed,) = say(control, {"pulse": "power_key", "seconds": 1.2})
    assert pressed["state"]["on"]


@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "{",
        "[]",
        '{"set": {"reset": 2}}',
        '{"set": {"gpio": 1}}',
        '{"pulse": "reset"}',
        '{"pulse": "reset", "seconds": -1}',
        '{"pulse": "reset", "seconds": 1e9}',
        '{"get": "password"}',
    ],
)
def test_what_is_no_request_is_told(control: Path, request_text: str) -> None:
    answer, after = say(control, request_text, {"get": "state"})
    assert (answer["ok"], after["ok"]) == (False, True)
    assert answer["error"]


def test_a_path_in_use(control: Path, tmp_path: Path) -> None:
    again = atwin("twin", "--tcp", "127.0.0.1:0", "--control", control)
    assert again.returncode == 3
    assert "another twin listens there" in only_line(again.stderr)
    (tmp_path / "file").write_text("mine")
    hidden = atwin("twin", "--tcp", "127.0.0.1:0", "--control", tmp_path / "file")
    assert hidden.returncode == 3
    assert (tmp_path / "file").read_text() == "mine"
