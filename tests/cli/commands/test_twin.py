"""`atwin twin`: a module for other programs."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from support.running.program import atwin, only_line, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

MODEL = ("twin", "--model", "air780e-at")


def ready(process: subprocess.Popen[bytes]) -> str:
    """What it says it can be opened by; AssertionError when it says something else."""
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert line.startswith("ready "), process.communicate()
    return line.removeprefix("ready ").rstrip()


@pytest.fixture
def twins() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Put what is started here: it is ended with the test."""
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.communicate()


def test_a_pty_with_a_link(tmp_path: Path, twins: list[subprocess.Popen[bytes]]) -> None:
    link = tmp_path / "modem"
    twins.append(start(*MODEL, "--pty", link))
    assert ready(twins[0]) == str(link)
    ended = atwin("console", "--port", link, stdin="AT+CGMM\n")
    assert '+CGMM: "Air780E"' in ended.stdout
    twins[0].terminate()
    assert twins[0].wait(20) == 143
    assert not os.path.lexists(link)


def test_a_link_of_another_twin(tmp_path: Path, twins: list[subprocess.Popen[bytes]]) -> None:
    link = tmp_path / "modem"
    twins.append(start(*MODEL, "--pty", link))
    ready(twins[0])
    again = atwin(*MODEL, "--pty", link)
    assert again.returncode == 3
    assert "another twin listens there" in only_line(again.stderr)
    assert "OK" in atwin("console", "--port", link, stdin="AT\n").stdout


def test_a_pty_without_a_link(twins: list[subprocess.Popen[bytes]]) -> None:
    twins.append(start(*MODEL))
    assert "OK" in atwin("console", "--port", ready(twins[0]), stdin="AT\n").stdout
    twins[0].send_signal(signal.SIGINT)
    assert twins[0].wait(20) == 130


def test_tcp(twins: list[subprocess.Popen[bytes]]) -> None:
    twins.append(start(*MODEL, "--tcp", "127.0.0.1:0"))
    kind, address = ready(twins[0]).split()
    assert kind == "tcp"
    for _ in range(2):
        ended = atwin("console", "--port", f"socket://{address}", stdin="AT+CGMM\n")
        assert '+CGMM: "Air780E"' in ended.stdout


def test_rfc2217(twins: list[subprocess.Popen[bytes]]) -> None:
    twins.append(start(*MODEL, "--rfc2217", "127.0.0.1:0"))
    kind, address = ready(twins[0]).split()
    assert kind == "rfc2217"
    for _ in range(2):
        ended = atwin("console", "--port", f"rfc2217://{address}", stdin="AT+CGMM\n")
        assert '+CGMM: "Air780E"' in ended.stdout


@pytest.mark.parametrize("option", ["--tcp", "--rfc2217"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_what_listening_for_others_means_is_told_in_one_line(
    option: str, host: str, twins: list[subprocess.Popen[bytes]]
) -> None:
    twins.append(start(*MODEL, option, f"{host}:0"))
    ready(twins[0])
    twins[0].terminate()
    _, said = twins[0].communicate(timeout=20)
    lines = [line for line in said.decode().splitlines() if line.startswith("atwin: ")]
    assert len(lines) == (host == "0.0.0.0")
    assert all("can use this computer's network through the module" in line for line in lines)


def test_a_link_that_leads_elsewhere_stays(tmp_path: Path) -> None:
    (tmp_path / "modem").symlink_to("file")
    ended = atwin("twin", "--pty", tmp_path / "modem")
    assert ended.returncode == 2
    assert "is a link to file, which no twin made" in only_line(ended.stderr)
    assert os.readlink(tmp_path / "modem") == "file"


def test_a_serial_device(twins: list[subprocess.Popen[bytes]]) -> None:
    """The other end of the cable is a PTY's master here."""
    master, slave = os.openpty()
    twins.append(start(*MODEL, "--serial", os.ttyname(slave)))
    assert ready(twins[0]) == os.ttyname(slave)
    with os.fdopen(master, "r+b", buffering=0) as host:
        host.write(b"ATE0\r")
        heard = b""
        while not heard.endswith(b"OK\r\n"):
            heard += host.read(1000)
    os.close(slave)


def test_a_cold_start_prints_the_boot_text(twins: list[subprocess.Popen[bytes]]) -> None:
    twins.append(start("console", "--port", "twin://air724ug?cold=1"))
    assert twins[0].stdout is not None
    assert twins[0].stdout.readline() == b"RDY\n"
    assert twins[0].stdout.readline() == b"+CPIN: READY\n"
    out, _ = twins[0].communicate(b"AT\n", timeout=30)
    assert b"OK\n" in out
    assert twins[0].returncode == 0


def test_the_state_outlives_the_process(
    tmp_path: Path, twins: list[subprocess.Popen[bytes]]
) -> None:
    port = f"twin://air780e-at?state={tmp_path / 'state'}"
    script = 'AT+CMEE=2;&W\nAT+FSCREATE="note"\n'
    assert atwin("console", "--port", port, stdin=script).returncode == 0
    twins.append(start(*MODEL, "--state", tmp_path / "state", "--pty", tmp_path / "modem"))
    ended = atwin("console", "--port", ready(twins[0]), stdin='AT+CMEE?\nAT+FSLS="/"\n')
    assert "+CMEE: 2" in ended.stdout
    assert "note" in ended.stdout
    second = atwin(*MODEL, "--state", tmp_path / "state")
    assert second.returncode == 2
    assert "in use by another process" in only_line(second.stderr)


def test_the_state_of_another_model(tmp_path: Path) -> None:
    port = f"twin://air780e-at?state={tmp_path / 'state'}"
    assert atwin("console", "--port", port, stdin="AT\n").returncode == 0
    ended = atwin("twin", "--model", "air724ug", "--state", tmp_path / "state")
    assert ended.returncode == 2
    assert "air780e-at" in only_line(ended.stderr)


def test_seeds_are_different_modules() -> None:
    def imei(seed: int) -> str:
        return atwin("console", "--port", f"twin://air724ug?seed={seed}", stdin="AT+CGSN\n").stdout

    assert imei(1) == imei(1)
    assert imei(1) != imei(2)


def test_a_link_that_would_hide_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ended = atwin("twin", "--pty", tmp_path / "file")
    assert ended.returncode == 2
    assert str(tmp_path / "file") in only_line(ended.stderr)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_link_where_none_can_be(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "x", tmp_path):
        ended = atwin("twin", "--pty", path)
        assert ended.returncode == 2
        assert str(path) in only_line(ended.stderr)


def test_an_address_in_use(twins: list[subprocess.Popen[bytes]]) -> None:
    twins.append(start(*MODEL, "--tcp", "127.0.0.1:0"))
    address = ready(twins[0]).split()[1]
    ended = atwin("twin", "--tcp", address)
    assert ended.returncode == 3
    assert address in only_line(ended.stderr)
