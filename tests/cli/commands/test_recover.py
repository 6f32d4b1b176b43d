"""`atwin recover`, and commands that recover by themselves."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.app import run as run_here
from atwin.clock import run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.session.opening import pins_for
from support.running.controlled import ask_control
from support.running.program import atwin, only_line, start, twin_running

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def module_with(control: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A twin on TCP: its port and its process."""
    options = ("--model", "air780e-at", "--tcp", "127.0.0.1:0", "--control", control)
    with twin_running(*options) as (process, address):
        yield f"socket://{address}", process


@pytest.fixture
def module(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A twin on TCP: its port and its control socket."""
    control = tmp_path / "control"
    with module_with(control) as (port, _):
        yield port, control


def wait_for_log(twin: subprocess.Popen[bytes], event: bytes) -> None:
    assert twin.stderr is not None
    assert any(event in line for line in twin.stderr)


def say(control: Path, request: dict[str, object]) -> dict[str, Any]:
    (answer,) = ask_control(control, request, seconds=20)
    assert answer["ok"]
    state: dict[str, Any] = answer["state"]
    return state


def test_nothing_to_recover(module: tuple[str, Path]) -> None:
    ended = atwin("recover", "--port", module[0], "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout) == {"port": module[0], "recovery": []}
    assert "nothing to recover" in only_line(ended.stderr)


def test_a_module_that_hangs_is_reset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole command on the virtual clock: who waits for a silent module waits long."""
    plan = tmp_path / "hang.toml"
    plan.write_text('[[fault]]\nkind = "hang"\nat_time = 0\n')
    monkeypatch.setattr("asyncio.run", run_virtual)
    port = f"twin://air780e-at?faults={plan}"
    assert run_here(["recover", "--port", port, "--json"]) == 0
    out, said = capsys.readouterr()
    *vain, rung = json.loads(out)["recovery"]
    assert (rung["rung"], rung["failure"], rung["helped"]) == ("RESET pin", None, True)
    assert vain
    assert all(one["failure"] and not one["helped"] for one in vain)
    assert "atwin: recovery: RESET pin" in said
    assert said.splitlines()[-1] == f"RESET pin helped, after {len(vain) + 1} rungs"


def test_the_pins_of_a_module_in_another_process(module: tuple[str, Path]) -> None:
    """What `--pins` names is what a recovery pulls."""
    _, control = module

    async def pull() -> None:
        near, _ = memory_pair()
        async with pins_for(f"control:{control}", near, None) as pins:
            assert pins is not None
            await pins.drive("reset", False)
            await asyncio.sleep(0.6)  # RESET is looked at for so long
            await pins.drive("reset", True)

    assert say(control, {"get": "state"})["on"]
    asyncio.run(pull())
    assert not say(control, {"get": "state"})["on"], "RESET switches an Air780E off"


def test_a_restart_that_is_asked_for() -> None:
    ended = atwin("recover", "--restart", "--json", "--port", "twin://air724ug?time_scale=0.01")
    assert ended.returncode == 0, ended.stderr
    (rung,) = json.loads(ended.stdout)["recovery"]
    assert (rung["rung"], rung["helped"]) == ("AT+RESET", True)


def test_a_failure_is_one_object_too(module: tuple[str, Path]) -> None:
    port, control = module
    say(control, {"fault": {"kind": "pdp_refused", "until": "power"}})
    say(control, {"fault": {"kind": "pdp_loss"}})
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


@pytest.mark.waits
def test_whoever_is_ended_in_a_pulse_leaves_no_pin_low(tmp_path: Path) -> None:
    """All at once, since it takes 23 seconds until the ladder is at its pins."""
    running = []
    with ExitStack() as stack:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            control = tmp_path / number.name
            port, twin = stack.enter_context(module_with(control))
            say(control, {"fault": {"kind": "hang", "until": "power"}})
            recovering = start("recover", "--port", port, "--pins", f"control:{control}")
            running.append((stack.enter_context(recovering), twin, number))
        for recovering, twin, number in running:
            wait_for_log(twin, b"RESET low")
            recovering.send_signal(number)
            recovering.communicate(timeout=20)
            wait_for_log(twin, b"RESET high")


def test_pins_that_cannot_be(module: tuple[str, Path]) -> None:
    ended = atwin("recover", "--port", module[0], "--pins", "magic:wand")
    assert ended.returncode == 2
    assert "control:SOCKET" in only_line(ended.stderr)
