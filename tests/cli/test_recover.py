"""`atwin recover`, and commands that recover by themselves."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from support.program import atwin, only_line, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def module(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A twin on TCP: its port and its control socket."""
    control = tmp_path / "control"
    with start("twin", "--model", "air780e-at", "--tcp", "127.0.0.1:0", "--control", control) as p:
        assert p.stdout is not None
        address = p.stdout.readline().decode().split()[-1]
        yield f"socket://{address}", control
        p.terminate()
        p.communicate(timeout=20)


def drive(control: Path, request: dict[str, object]) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(control))
        client.sendall(json.dumps(request).encode() + b"\n")
        assert json.loads(client.makefile().readline())["ok"]


def test_nothing_to_recover(module: tuple[str, Path]) -> None:
    ended = atwin("recover", "--port", module[0], "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout) == {"port": module[0], "recovery": []}
    assert "nothing to recover" in only_line(ended.stderr)


@pytest.mark.slow
def test_a_module_that_is_off_is_switched_on(module: tuple[str, Path]) -> None:
    port, control = module
    drive(control, {"pulse": "reset", "seconds": 0.7})
    ended = atwin("recover", "--port", port, "--pins", f"control:{control}", "--json")
    assert ended.returncode == 0, ended.stderr
    *_, rung = json.loads(ended.stdout)["recovery"]
    assert (rung["rung"], rung["failure"], rung["helped"]) == ("RESET pin", None, True)
    assert "atwin: recovery: RESET pin" in ended.stderr
    assert ended.stderr.splitlines()[-1] == "atwin: RESET pin helped, after 2 rungs"


def test_a_restart_that_is_asked_for() -> None:
    ended = atwin("recover", "--restart", "--json", "--port", "twin://air724ug?time_scale=0.01")
    assert ended.returncode == 0, ended.stderr
    (rung,) = json.loads(ended.stdout)["recovery"]
    assert (rung["rung"], rung["helped"]) == ("AT+RESET", True)


def test_pins_that_cannot_be(module: tuple[str, Path]) -> None:
    ended = atwin("recover", "--port", module[0], "--pins", "magic:wand")
    assert ended.returncode == 2
    assert "control:SOCKET" in only_line(ended.stderr)
