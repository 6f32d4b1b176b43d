"""`atwin twin --count N`: many modules in one process."""

from __future__ import annotations

import logging
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import serial
import serialx

from atwin.cli.commands.twin import calm
from support.line.lines import plain_client
from support.running.patience import PATIENCE
from support.running.program import ATWIN, atwin, only_line, start, twin_running

if TYPE_CHECKING:
    import socket
    from pathlib import Path


def ask(client: socket.socket, command: bytes) -> bytes:
    client.sendall(command + b"\r")
    return heard(client)


def heard(client: socket.socket) -> bytes:
    client.settimeout(PATIENCE)
    said = b""
    while not said.endswith((b"OK\r\n", b"ERROR\r\n")):
        said += client.recv(4096)
    return said


def imei(said: bytes) -> str:
    (found,) = re.findall(rb"\d{15}", said)
    return str(found, "ascii")


def test_two_hundred_modules_each_with_a_port() -> None:
    with start("twin", "--tcp", "127.0.0.1:0", "--count", "200", "--seed", "7") as twin:
        assert twin.stdout is not None
        ready = [twin.stdout.readline().decode() for _ in range(200)]
        assert all(line.startswith("ready tcp 127.0.0.1:") for line in ready)
        with ExitStack() as stack:
            clients = [stack.enter_context(plain_client(line.split()[-1])) for line in ready]
            for client in clients:
                client.sendall(b"AT+CGSN\r")
            found = [imei(heard(client)) for client in clients]
        assert found[0] == "864610050000075", "that of seed 7"
        assert len(set(found)) == 200
        twin.terminate()
        said = twin.communicate(timeout=PATIENCE)
        assert (twin.returncode, *said) == (143, b"", b"")


def pyserial_asks(where: str) -> Any:
    line = serial.serial_for_url(where, timeout=PATIENCE)
    line.write(b"AT+CGSN\r")
    return line, line.read_until(b"OK\r\n")


def serialx_asks(where: str) -> Any:
    line = serialx.serial_for_url(where, baudrate=115200, read_timeout=PATIENCE)
    line.open()
    line.write(b"AT+CGSN\r")
    return line, line.read_until(b"OK\r\n")


def test_twenty_clients_of_one_server_and_one_too_many() -> None:
    with (
        twin_running("--rfc2217", "127.0.0.1:0", "--count", "20") as (twin, address),
        ThreadPoolExecutor(20) as threads,
    ):
        programs = [pyserial_asks, serialx_asks] * 10
        answers = list(threads.map(lambda program: program(f"rfc2217://{address}"), programs))
        found = {imei(said) for _, said in answers}
        assert len(found) == 20
        with plain_client(address) as surplus:
            surplus.settimeout(PATIENCE)
            assert surplus.recv(100) == b"busy: other clients have all 20 modules\r\n"
        line, said = answers[7]
        line.close()
        with plain_client(address) as after:
            assert imei(ask(after, b"AT+CGSN")) == imei(said)
        list(threads.map(lambda answer: answer[0].close(), answers))
        twin.terminate()
        out, err = twin.communicate(timeout=PATIENCE)
        assert out == b"", "one server is ready with one line"
        assert err == b""


@pytest.mark.parametrize("fresh", [False, True])
def test_what_the_next_client_finds(fresh: bool) -> None:
    options = ["--tcp", "127.0.0.1:0", "--count", "2", *(["--fresh"] if fresh else [])]
    with twin_running(*options) as (_, address):
        with plain_client(address) as client:
            assert ask(client, b"ATE0").split() == [b"ATE0", b"OK"]
        with plain_client(address) as client:
            assert ask(client, b"AT").split() == ([b"AT", b"OK"] if fresh else [b"OK"])


def test_each_link_state_and_socket_has_its_number(tmp_path: Path) -> None:
    (tmp_path / "many.toml").write_text(
        'count = 3\npty = "tty"\nstate = "state"\ncontrol = "pins"\ntime_scale = 0\n'
    )
    with start("twin", "--config", tmp_path / "many.toml") as twin:
        assert twin.stdout is not None
        ready = [twin.stdout.readline().decode().split()[-1] for _ in range(3)]
        names = [f"tty.{number}" for number in (1, 2, 3)]
        assert ready == [str(tmp_path / name) for name in names]
        there = {path.name for path in tmp_path.iterdir()} - {"many.toml", "state"}
        assert there == {*names, "pins.1", "pins.2", "pins.3"}
        assert {path.name for path in (tmp_path / "state").iterdir()} == {"1", "2", "3"}
        twin.terminate()
        twin.communicate(timeout=PATIENCE)
    assert {path.name for path in tmp_path.iterdir()} == {"many.toml", "state"}


def test_what_did_not_happen_in_many_is_one_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "stall"\nat_action = 9\n')
    with start(
        "twin", "--tcp", "127.0.0.1:0", "--count", "12", "--faults", plan, "--until-eof"
    ) as twin:
        _, said = twin.communicate(timeout=PATIENCE)
    assert twin.returncode == 0
    (line,) = (line for line in said.decode().splitlines() if "never began" in line)
    assert line.startswith("atwin: 12 of 12 modules: fault 'stall at_action=9' never began: ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--count", "0"], "--count 0: give 1 or more"),
        (["--count", "10001"], "--count 10001: give 10000 or less"),
        (["--count", "x"], "--count 'x': give a whole number"),
        (["--serial", "/dev/tty9", "--count", "2"], "a device is one module, count is 2"),
        (
            ["--tcp", "127.0.0.1:65000", "--count", "1000"],
            "tcp 127.0.0.1:65000: 1,000 ports from 65000 on end above 65535; begin with 64536",
        ),
        (["--tcp", "nowhere", "--count", "2"], "--tcp 'nowhere': it takes HOST:PORT"),
        (["--pty", "a", "--fresh"], "fresh needs tcp or rfc2217"),
        (["--tcp", "127.0.0.1:0", "--count", "65", "--panel"], "--panel: it shows 64 modules"),
    ],
)
def test_what_cannot_be(options: list[str], words: str, tmp_path: Path) -> None:
    ended = atwin("twin", *options, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in only_line(ended.stderr)


@pytest.mark.parametrize(("allowed", "enough"), [("170", False), ("900", True)])
def test_files_that_may_be_open(allowed: str, enough: bool) -> None:
    """What the system allows is asked for; where it is not enough that is said."""
    shell = f'ulimit -Sn 100; ulimit -Hn {allowed}; exec "$@"'
    twin = [*ATWIN, "twin", "--tcp", "127.0.0.1:0", "--count", "100", "--until-eof"]
    ended = subprocess.run(
        ["sh", "-c", shell, "sh", *twin], input="", text=True, capture_output=True, check=False
    )
    if enough:
        assert (ended.returncode, ended.stdout.count("ready")) == (0, 100)
    else:
        assert (ended.returncode, ended.stdout) == (2, "")
        said = only_line(ended.stderr)
        assert "100 modules need 364 open files and connections" in said
        assert "allows this process 170" in said


def test_a_log_that_nobody_could_read_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    handler = calm.CalmHandler()
    for _ in range(1000):
        handler.emit(logging.makeLogRecord({"msg": "restart"}))
    now = 1.0
    for _ in range(12):
        handler.emit(logging.makeLogRecord({"msg": "later"}))
    handler.close()
    said = capsys.readouterr().err.splitlines()
    left_out = "{} log lines of these modules are left out here"
    assert said == [
        *["restart"] * 100, left_out.format(900), *["later"] * 10, left_out.format(2)
    ]  # fmt: skip
