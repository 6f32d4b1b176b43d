"""`atwin twin --control`: pins over a Unix socket."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest
import serial

from support.running.controlled import ask_control
from support.running.patience import PATIENCE, wait_until
from support.running.program import atwin, only_line, twin_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Path]:
    """The control socket of a twin that runs."""
    path = tmp_path / "control"
    with twin_running("--model", "air780e-at", "--tcp", "127.0.0.1:0", "--control", path):
        yield path
    assert not path.exists()


def test_pins_and_state(control: Path) -> None:
    state, low, off = ask_control(
        control,
        {"get": "state"},
        {"pulse": "reset", "seconds": 0.7},
        {"set": {"supply": 0}},
    )
    nothing = {"total": 0, "payload": 0, "http": 0, "tls": 0, "headers": 0, "other": 0}
    assert state["state"] == {
        "time": None,
        "model": "air780e-at",
        "on": True,
        "hung": False,
        "asleep": False,
        "start_cause": 0,
        "boots": 1,
        "boot_seconds": state["state"]["boot_seconds"],
        "holds": {
            "key_start": 1.0,
            "key_stop": 1.5,
            "reset_off": 0.5,
            "reset_start": 0.0,
            "reset_is_off": True,
        },
        "pins": {"reset": 1, "power_key": 1, "supply": 1, "usb_boot": 0, "ri": 1},
        "line": {
            "rate": None,
            "host_rate": None,
            "frame": "8N1",
            "rts": None,
            "dtr": None,
            "cts": 1,
            "flow": [0, 0],
            "module_stopped": None,
            "host_stopped": None,
        },
        "counters": {"to_host": 0, "to_host_lost": 0, "to_module": 0, "to_module_lost": 0},
        "ioset": 0,
        "cell": state["state"]["cell"],
        "surroundings": state["state"]["surroundings"],
        "radio": {
            "registration": 1,
            "attached": True,
            "function": 1,
            "operator": "CHINA MOBILE",
        },
        "pdp": state["state"]["pdp"],
        "buffer": {"bytes": 0, "capacity": 4096, "dropped": 0},
        "http": {"open": False, "busy": False, "method": None, "url": None, "status": None},
        "connections": [None] * 8,
        "traffic": {"whole": nothing, "boot": nothing},
        "call": None,
        "sim": {"in": True, "asks_pin": False, "tries": 3, "puk_tries": 10, "private": False},
        "faults": {"waiting": [], "at_work": [], "begun": {}},
        "names": {},
        "offline": 0,
        "answers": [],
    }
    assert state["state"]["surroundings"]["voltage"] == 3968
    # RESET switches an Air780E off.
    assert (low["ok"], low["state"]["on"], low["state"]["pins"]["reset"]) == (True, False, 1)
    assert off["state"]["pins"]["supply"] == 0
    (on,) = ask_control(control, {"set": {"supply": 1}})
    assert on["ok"]
    (pressed,) = ask_control(control, {"pulse": "power_key", "seconds": 1.2})
    assert pressed["state"]["on"]


def test_surroundings_are_set_and_seen(control: Path) -> None:
    points = [["00:11:22:33:44:55", -50, 6, "office"]]
    values = {"voltage": 3300, "access_points": points, "gpio": {"5": 1}}
    answer, wrong, after = ask_control(
        control, {"set": values}, {"set": {"voltage": 9, "adc": 1}}, {"get": "state"}
    )
    for state in (answer, after):
        assert state["state"]["surroundings"].items() >= values.items()
    assert wrong == {"ok": False, "error": "adc: 1: it takes two whole numbers from 0 to 5000, mV"}


def test_faults_at_run_time(control: Path) -> None:
    hung, cured = ask_control(
        control, {"fault": {"kind": "hang"}}, {"pulse": "reset", "seconds": 0.7}
    )
    assert hung["state"]["hung"]
    assert hung["state"]["faults"]["at_work"] == [{"id": 1, "kind": "hang"}]
    assert (cured["state"]["on"], cured["state"]["hung"]) == (False, False)
    assert cured["state"]["faults"] == {"waiting": [], "at_work": [], "begun": {"hang": 1}}
    waits = {"kind": "radio_gone", "at_action": 2, "seconds": 5}
    waiting, cleared = ask_control(control, {"fault": waits}, {"clear": "faults"})
    assert waiting["state"]["faults"]["waiting"] == [{"id": 2, **waits}]
    assert cleared["state"]["faults"]["waiting"] == []


def test_the_card_goes_and_comes(control: Path) -> None:
    out, back, other = ask_control(
        control,
        {"sim": "out"},
        {"sim": "in"},
        {"sim": {"pin": "4711", "apn": "corp", "apn_user": "u", "apn_password": "geheim"}},
    )
    assert (out["state"]["sim"]["in"], back["state"]["sim"]["in"]) == (False, True)
    card = {"in": True, "asks_pin": True, "tries": 3, "puk_tries": 10, "private": True}
    assert other["state"]["sim"] == card
    assert not re.search(r"\b4711\b", str(other))  # not the end of some time
    (wrong,) = ask_control(control, {"sim": {"pin": "47114711471"}})
    assert wrong == {"ok": False, "error": "pin takes 4 to 8 digits"}


def test_rts_stops_the_module_and_is_given_back(tmp_path: Path) -> None:
    path, link = tmp_path / "control", tmp_path / "tty"
    with (
        twin_running("--pty", link, "--control", path),
        serial.Serial(str(link), rtscts=False, timeout=PATIENCE) as line,
    ):
        line.write(b"ATE0\r")
        assert line.read_until(b"OK\r\n").endswith(b"OK\r\n")
        line.write(b"AT+IFC=2,2\r")
        assert line.read_until(b"OK\r\n").endswith(b"OK\r\n")
        (off,) = ask_control(path, {"set": {"rts": 0, "dtr": 0}})
        assert (off["state"]["line"]["rts"], off["state"]["line"]["dtr"]) == (0, 0)
        assert off["state"]["line"]["flow"] == [2, 2]
        line.write(b"AT+CGSN\r")
        before = off["state"]["counters"]
        while True:  # the module has it, and says nothing
            (now,) = ask_control(path, {"get": "state"})
            if now["state"]["counters"]["to_module"] >= before["to_module"] + 8:
                break
        assert now["state"]["counters"]["to_host"] == before["to_host"]
        assert line.in_waiting == 0
        (back,) = ask_control(path, {"set": {"rts": None, "dtr": None}})
        assert (back["state"]["line"]["rts"], back["state"]["line"]["dtr"]) == (None, None)
        assert line.read_until(b"OK\r\n").endswith(b"\r\n\r\nOK\r\n")


def test_traffic(control: Path) -> None:
    (answer,) = ask_control(control, {"get": "traffic"})
    assert answer["ok"]
    assert answer["traffic"]["boot"]["wire"]["total"] == 0
    assert (answer["traffic"]["session"], answer["traffic"]["actions"]) == (None, [])


@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "{",
        "[]",
        '{"set": {"reset": 2}}',
        '{"set": {"gpio": 1}}',
        '{"set": {"voltage": 1e400}}',
        '{"set": {"position": ["\\ud800", 1]}}',
        '{"set": {"\\u001b[2J": 1}}',
        '{"set": {"update": "\\r\\nRDY"}}',
        '{"set": {"reset": null}}',
        '{"set": {"rts": "on"}}',
        '{"pulse": "dtr", "seconds": 1}',
        "[" * 3000,
        '{"pulse": "reset"}',
        '{"pulse": "reset", "seconds": -1}',
        '{"pulse": "reset", "seconds": 1e9}',
        '{"pulse": "reset", "seconds": ' + "9" * 400 + "}",
        '{"get": "password"}',
        '{"clear": "flash"}',
        '{"urc": "RING", "text": "RING"}',
        '{"urc": "RING", "self": 1}',
        '{"fault": "pdp_loss"}',
        '{"fault": {"kind": "flood"}}',
        '{"fault": {"kind": "hang", "until": "new_pdp"}}',
    ],
)
def test_what_is_no_request_is_told(control: Path, request_text: str) -> None:
    answer, after = ask_control(control, request_text, {"get": "state"})
    assert (answer["ok"], after["ok"]) == (False, True)
    assert answer["error"]


@pytest.mark.parametrize("request_bytes", [b"garbage", b"\xff\xfe", b"[]", b"7", b"[" * 3000])
def test_what_is_no_json_object_is_told_so(control: Path, request_bytes: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(control))
        client.sendall(request_bytes + b"\n")
        answer = json.loads(client.makefile("rb").readline())
    assert answer == {
        "ok": False,
        "error": 'a request is one JSON object on a line: {"get": "state"}, for example',
    }


def test_a_path_in_use(control: Path, tmp_path: Path) -> None:
    again = atwin("twin", "--tcp", "127.0.0.1:0", "--control", control)
    assert again.returncode == 3
    assert "another twin listens there" in only_line(again.stderr)
    (tmp_path / "file").write_text("mine")
    hidden = atwin("twin", "--tcp", "127.0.0.1:0", "--control", tmp_path / "file")
    assert hidden.returncode == 2
    assert (tmp_path / "file").read_text() == "mine"


def test_a_request_that_is_too_long_is_told_so(control: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(control))
        client.sendall(b"x" * 200_000 + b"\n")
        answer = json.loads(client.makefile("rb").readline())
    assert (answer["ok"], "4096 bytes" in answer["error"]) == (False, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_client_in_the_middle_does_not_hold_the_end_up(tmp_path: Path, number: int) -> None:
    path, link = tmp_path / "control", tmp_path / "tty"
    with (
        twin_running("--pty", link, "--control", path) as (twin, _),
        socket.socket(socket.AF_UNIX) as idle,
        socket.socket(socket.AF_UNIX) as waiting,
    ):
        idle.connect(str(path))
        waiting.connect(str(path))
        waiting.sendall(b'{"pulse": "reset", "seconds": 60}\n')
        ask_control(path, {"get": "state"})
        twin.send_signal(number)
        _, errors = twin.communicate(timeout=PATIENCE)
    assert b"Traceback" not in errors
    assert not path.exists()
    assert not os.path.lexists(link)


def test_a_file_in_the_place_of_the_socket_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ended = atwin("twin", "--tcp", "127.0.0.1:0", "--control", tmp_path / "file")
    assert ended.returncode == 2
    assert "exists and is not a socket" in only_line(ended.stderr)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    ended = atwin("twin", "--tcp", "127.0.0.1:0", "--control", tmp_path / "none" / "socket")
    assert ended.returncode == 2
    assert "No such file or directory; choose another path" in only_line(ended.stderr)


def test_sleep_and_ri_are_seen_everywhere(tmp_path: Path) -> None:
    """By the control socket, with the time of each edge, and by whoever has an RFC 2217 port."""
    path = tmp_path / "control"
    options = ("--model", "air780e-at", "--rfc2217", "127.0.0.1:0", "--control", path)
    with (
        twin_running(*options) as (_, address),
        serial.serial_for_url(f"rfc2217://{address}", timeout=PATIENCE) as line,
        socket.socket(socket.AF_UNIX) as watching,
    ):
        watching.settimeout(PATIENCE)
        watching.connect(str(path))
        events = watching.makefile("rwb")
        events.write(b'{"watch": "ri"}\n')
        events.flush()
        state = json.loads(events.readline())["state"]
        assert (state["asleep"], state["pins"]["ri"]) == (False, 1)
        assert not line.ri
        line.write(b'ATE0;+CFGRI=1,1,60000;+HTTPINIT;+HTTPPARA="URL","http:///";+HTTPACTION=0\r')
        assert line.read_until(b"+HTTPACTION: 0,").endswith(b"+HTTPACTION: 0,")
        event = json.loads(events.readline())
        assert (event.pop("time") > 0, event) == (True, {"event": "ri", "level": 0})
        wait_until(lambda: line.ri)
        # DTR is asserted by a client that is there: it may sleep when that is let go.
        line.write(b"AT+CSCLK=1\r")
        assert line.read_until(b"OK\r\n").endswith(b"OK\r\n")
        line.dtr = False
        wait_until(lambda: bool(ask_control(path, {"get": "state"})[0]["state"]["asleep"]))
        assert ask_control(path, {"set": {"dtr": 1}})[0]["ok"]
        wait_until(lambda: not ask_control(path, {"get": "state"})[0]["state"]["asleep"])
