"""`atwin recover`, and commands that recover by themselves."""

from __future__ import annotations

import json
import signal
import socket
import time
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


def level(control: Path, pin: str) -> int:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(control))
        client.sendall(b'{"get": "state"}\n')
        return int(json.loads(client.makefile().readline())["state"]["pins"][pin])


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


def test_a_failure_is_one_object_too(module: tuple[str, Path]) -> None:
    port, control = module
    drive(control, {"fault": {"kind": "pdp_refused", "until": "power"}})
    drive(control, {"fault": {"kind": "pdp_loss"}})
    ended = atwin("recover", "--port", port, "--give-up", "3", "--json")
    assert ended.returncode == 3
    told = json.loads(ended.stdout)
    assert told["port"] == port
    assert [rung["rung"] for rung in told["recovery"]][:1] == ["new PDP"]
    assert not any(rung["helped"] for rung in told["recovery"])
    assert "no bearer" in told["error"]
    assert ended.stderr.splitlines()[-1].startswith("atwin: bearer: ")


def test_a_port_that_cannot_be_opened_is_one_object_too() -> None:
    ended = atwin("recover", "--port", "/nonexistent/tty", "--json")
    assert ended.returncode == 3
    told = json.loads(ended.stdout)
    assert told["recovery"] == []
    assert "/nonexistent/tty" in told["error"]


@pytest.mark.parametrize(
    ("pins", "why"),
    [
        ("control:/nonexistent/socket", "does the twin run?"),
        ("command:/nonexistent/pins {pin} {level}", "no program that can be run"),
        ("port:rts=reset", "has no RTS"),
        ("gpiod:/nonexistent/chip:reset=1", "gpiod"),
    ],
)
def test_pins_that_do_not_work_are_found_on_a_healthy_module(
    module: tuple[str, Path], pins: str, why: str
) -> None:
    ended = atwin("recover", "--port", module[0], "--pins", pins)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert why in only_line(ended.stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_whoever_is_ended_in_a_pulse_leaves_no_pin_low(
    module: tuple[str, Path], number: signal.Signals
) -> None:
    port, control = module
    drive(control, {"fault": {"kind": "hang", "until": "power"}})
    with start("recover", "--port", port, "--pins", f"control:{control}") as recovering:
        while level(control, "reset"):
            time.sleep(0.02)
        recovering.send_signal(number)
        recovering.communicate(timeout=20)
    while not level(control, "reset"):
        time.sleep(0.02)


def test_pins_that_cannot_be(module: tuple[str, Path]) -> None:
    ended = atwin("recover", "--port", module[0], "--pins", "magic:wand")
    assert ended.returncode == 2
    assert "control:SOCKET" in only_line(ended.stderr)
