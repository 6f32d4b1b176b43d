"""`atwin.connect`: the ports of the command line for Python programs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from atwin import connect
from atwin.host.bring_up import Patience
from atwin.host.errors import HostError, ModuleError, UsageError
from atwin.line.port import PortError
from support.running.program import twin_running
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from pathlib import Path


def loops() -> int:
    """How many connections have a thread of their own."""
    return sum(thread.name == "atwin-host" for thread in threading.enumerate())


def test_a_twin_that_lives_as_long_as_the_connection(tmp_path: Path) -> None:
    port = f"twin://air724ug?time_scale=0&seed=3&state={tmp_path}"
    with file_server(body=b"x" * 700_000, little=b"y") as files:
        for _ in range(2):  # the state directory is free again
            with connect(port, apn="cmiot") as modem:
                assert modem.get(f"{files.base}/little").body == b"y"
                done = modem.download(f"{files.base}/body", tmp_path / "got")
                assert (done.bytes, done.parts) == (700_000, 3)
    assert loops() == 0


def test_a_line(tmp_path: Path) -> None:
    with twin_running("--pty", tmp_path / "tty") as (_, line), connect(line) as modem:
        assert modem.command("AT+CGMM").lines


@pytest.mark.parametrize(
    ("port", "kind", "said"),
    [
        ("twin://sim800", UsageError, "unknown model 'sim800'"),
        ("twin://air724ug?fast=1", UsageError, "no flag called fast"),
        ("twin://air724ug?faults=/nowhere", UsageError, "cannot read it"),
        ("twin://air724ug?state=/dev/null/x", UsageError, "Not a directory"),
        ("carrier://pigeon", UsageError, "unknown kind of port"),
        ("", UsageError, "no port given"),
        (None, UsageError, "None: give a device path or URL"),
        (7, UsageError, "7: give a device path or URL"),
        ("/nowhere/tty", PortError, "no such device"),
        ("twin://air724ug?cold=1", ModuleError, ""),
    ],
)
def test_what_cannot_be_opened_is_one_line(port: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught:
        connect(port, patience=Patience(probes=1, probe_gap=0.01))
    assert isinstance(caught.value, HostError | PortError)
    assert caught.value.exit_code == (2 if kind is UsageError else 3)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert loops() == 0


def test_a_module_that_does_not_come_up_by_itself(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    fault = '[[fault]]\nkind = "{}"\nat_time = 0\nuntil = "cipshut"\n'
    plan.write_text(fault.format("pdp_loss") + fault.format("pdp_refused"))
    port = f"twin://air724ug?time_scale=0&faults={plan}"
    with pytest.raises(HostError, match="no bearer"):
        connect(port)
    with connect(port, give_up=60) as modem:
        assert modem.command("AT+SAPBR=2,1").lines[0].startswith("+SAPBR: 1,1,")
        assert modem.climbed[-1].rung == "CIPSHUT"
        assert modem.recover() == modem.climbed == []


def test_pins_that_are_none() -> None:
    with pytest.raises(UsageError, match="magic"):
        connect("twin://air724ug", pins="magic")
