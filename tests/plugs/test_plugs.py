"""`twin://` in programs that know only pyserial, or only serialx."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import serial
import serialx

import atwin.plugs  # noqa: F401 - registers `twin://`
from support.running.patience import PATIENCE
from support.running.program import start
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from pathlib import Path

BODY = bytes(range(256)) * 8

#: A whole program, as its author wrote it for a real module.
PYSERIAL_PROGRAM = """
import re, sys
import serial

url, target = sys.argv[1:]
with serial.serial_for_url(url, baudrate=115200, timeout=10) as line:
    def ask(command, end=b"OK\\r\\n"):
        line.write(command.encode() + b"\\r")
        return line.read_until(end)
    ask("ATE0")
    ask("AT+SAPBR=1,1", b"\\r\\n")
    ask("AT+HTTPINIT")
    ask('AT+HTTPPARA="URL","%s"' % target)
    line.write(b"AT+HTTPACTION=0\\r")
    line.read_until(b"+HTTPACTION: ")
    status, size = re.match(rb"0,(\\d+),(\\d+)", line.read_until(b"\\r\\n")).groups()
    line.write(b"AT+HTTPREAD\\r")
    line.read_until(b"+HTTPREAD: " + size + b"\\r\\n")
    sys.stdout.buffer.write(line.read(int(size)))
"""

#: The same by serialx, whose `read` may give fewer bytes than asked for.
SERIALX_PROGRAM = (
    PYSERIAL_PROGRAM.replace("import serial\n", "import serialx as serial\n")
    .replace(", timeout=10", ", read_timeout=10")
    .replace("line.read(int(size))", "line.readexactly(int(size))")
)


each_program = pytest.mark.parametrize(
    "program", [PYSERIAL_PROGRAM, SERIALX_PROGRAM], ids=["pyserial", "serialx"]
)


def body_by(program: str, port: str, tmp_path: Path, *runner: str) -> bytes:
    """What the program, run by Python alone or by `runner`, got through `port`."""
    path = tmp_path / "program.py"
    path.write_text(program)
    with file_server(body=BODY) as files:
        ended = subprocess.run(
            [sys.executable, *runner, str(path), port, f"{files.base}/body"],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    assert not ended.stderr, ended.stderr
    return ended.stdout


@each_program
@pytest.mark.parametrize("url", ["twin://air780e-at", "twin://air780e-at?baud=115200"])
def test_an_unmodified_program_on_a_twin_of_its_own(program: str, url: str, tmp_path: Path) -> None:
    assert body_by(program, url, tmp_path, "-W", "error", "-m", "atwin.plugs") == BODY


@each_program
@pytest.mark.parametrize("line", ["--pty", "--rfc2217"])
def test_an_unmodified_program_on_a_line(program: str, line: str, tmp_path: Path) -> None:
    link = str(tmp_path / "tty") if line == "--pty" else "127.0.0.1:0"
    with start("twin", "--model", "air780e-at", line, link, "--baud", "115200") as twin:
        assert twin.stdout is not None
        ready = twin.stdout.readline().decode().split()
        port = ready[1] if line == "--pty" else f"rfc2217://{ready[2]}"
        try:
            assert body_by(program, port, tmp_path) == BODY
        finally:
            twin.terminate()
            twin.communicate(timeout=20)


def test_each_port_has_a_module_of_its_own_that_ends_with_it() -> None:
    before = threading.active_count()
    numbers = set()
    for seed in (1, 2):
        with serial.serial_for_url(f"twin://air724ug?seed={seed}", timeout=10) as line:
            line.write(b"ATE0\r")
            line.read_until(b"OK\r\n")
            line.write(b"AT+CGSN\r")
            numbers.add(line.read_until(b"OK\r\n"))
    assert len(numbers) == 2
    assert threading.active_count() == before


@pytest.mark.parametrize("url", ["twin://air999", "twin://air724ug?seed=many"])
def test_a_url_that_cannot_be(url: str) -> None:
    with pytest.raises(serial.SerialException, match=f"could not open port {url[:12]}"):
        serial.serial_for_url(url)


def test_asyncio_by_serialx() -> None:
    async def main() -> bytes:
        reader, writer = await serialx.open_serial_connection("twin://air724ug", baudrate=115200)
        writer.write(b"AT\r")
        answer = await reader.readuntil(b"OK\r\n")
        writer.close()
        await writer.wait_closed()
        return answer

    assert asyncio.run(main()) == b"AT\r\r\nOK\r\n"


@pytest.mark.parametrize("module", [serial, serialx], ids=["pyserial", "serialx"])
def test_the_url_names_the_rate_for_a_program_that_does_not(module: Any) -> None:
    url = "twin://air780e-at?baud=115200&host_fifo=4096"
    with module.serial_for_url(url) as line:
        assert line.baudrate == 115200
    with module.serial_for_url(url, baudrate=57600) as line:
        assert line.baudrate == 57600


def test_a_twin_that_cannot_start_leaves_no_listener(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, where a directory must be")
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(serial.SerialException):
        serial.serial_for_url(f"twin://air724ug?state={tmp_path / 'state'}")
    gc.collect()
    assert len(os.listdir("/dev/fd")) == before


def plugs(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "atwin.plugs", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=cwd,
    )


def test_usage() -> None:
    for option in ("-h", "--help"):
        told = plugs(option)
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout.startswith("usage: python -m atwin.plugs PROGRAM [ARGUMENTS]\n")
    for wrong in ((), ("-m",), ("--fast",)):
        refused = plugs(*wrong)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == told.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.py"], "missing.py: no such program"),
        (["-m", "no_such_thing"], "there is no module no_such_thing"),
        (["-m", "no.such.thing"], "there is no module no.such.thing"),
        (["-m", ".thing"], "there is no module .thing"),
    ],
)
def test_a_program_that_is_not_there(words: list[str], said: str) -> None:
    ended = plugs(*words)
    assert ended.returncode == 2
    assert ended.stderr == f"atwin.plugs: {said}; see python -m atwin.plugs --help\n"


def test_a_program_in_parts_and_a_module(tmp_path: Path) -> None:
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "beside.py").write_text("WORD = 'here'")
    program = tmp_path / "program" / "main.py"
    program.write_text("import sys, beside; print(beside.WORD, sys.argv)")
    assert plugs(program, "a", "-m").stdout == f"here {[str(program), 'a', '-m']}\n"
    (tmp_path / "tool.py").write_text(
        "import serial, sys\n"
        "with serial.serial_for_url(sys.argv[1], timeout=10) as line:\n"
        "    line.write(b'AT\\r'); print(line.read_until(b'OK\\r\\n'))\n"
    )
    ended = plugs("-m", "tool", "twin://air724ug", cwd=tmp_path)
    assert ended.stdout == "b'AT\\r\\r\\nOK\\r\\n'\n", ended.stderr
