"""`twin://` in programs that know only pyserial, or only serialx."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import serial
import serialx

import atwin.plugs  # noqa: F401 - registers `twin://`
from support.file_server import file_server

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

SERIALX_PROGRAM = PYSERIAL_PROGRAM.replace("import serial\n", "import serialx as serial\n").replace(
    ", timeout=10", ", read_timeout=10"
)


@pytest.mark.parametrize(
    "program", [PYSERIAL_PROGRAM, SERIALX_PROGRAM], ids=["pyserial", "serialx"]
)
def test_an_unmodified_program(program: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(program)
    with file_server(body=BODY) as files:
        command = [sys.executable, "-m", "atwin.plugs", str(path), "twin://air780e-at"]
        ended = subprocess.run(
            [*command, f"{files.base}/body"], capture_output=True, timeout=50, check=False
        )
    assert ended.stdout == BODY, ended.stderr


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
