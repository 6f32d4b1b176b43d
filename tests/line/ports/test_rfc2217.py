"""The twin behind RFC 2217, with clients nobody here wrote: pyserial's and serialx's."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import serial

from atwin.line.frame import Frame, HostSettings
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Every byte value, so that 0xFF and the flow control characters are among them.
BODY = bytes(range(256)) * 400


@contextmanager
def served() -> Iterator[Rfc2217ServerPort]:
    """A twin on an RFC 2217 port, in a thread of its own."""
    ready, over = threading.Event(), asyncio.Event()
    ports: list[Rfc2217ServerPort] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        port = Rfc2217ServerPort("127.0.0.1", 0)
        async with Twin("air724ug", port, network=RealNetwork()):
            ports.append(port)
            loops.append(asyncio.get_running_loop())
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0]
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join()


def ask(line: serial.Serial, command: bytes, end: bytes = b"\r\nOK\r\n") -> bytes:
    line.write(command + b"\r")
    return bytes(line.read_until(end))


def get(line: serial.Serial, url: str) -> bytes:
    """What any pyserial program would do."""
    ask(line, b"ATE0")
    ask(line, b"AT+HTTPINIT")
    ask(line, f'AT+HTTPPARA="URL","{url}"'.encode())
    ask(line, b"AT+HTTPACTION=0", b"+HTTPACTION: ")
    status, length = line.read_until(b"\r\n").split(b",")[1:]
    assert status == b"200"
    line.write(b"AT+HTTPREAD\r")
    line.read_until(b"+HTTPREAD: " + length.strip() + b"\r\n")
    body = bytes(line.read(int(length)))
    assert line.read_until(b"OK\r\n") == b"\r\nOK\r\n"
    ask(line, b"AT+HTTPTERM")
    return body


def test_a_pyserial_program_gets_every_byte_value() -> None:
    with file_server(body=BODY) as files, served() as port:
        url = f"rfc2217://{port.address}"
        with serial.serial_for_url(url, baudrate=57600, timeout=10) as line:
            assert get(line, f"{files.base}/body") == BODY
            assert port.host_settings.rate == 57600
            assert (port.host_settings.rts, port.host_settings.dtr) == (True, True)
            line.baudrate = 9600
            line.rts = False
            line.dtr = False
            line.rtscts = True
            assert port.host_settings == HostSettings(
                9600, Frame(), rts=False, dtr=False, obeys_cts=True
            )
            assert line.cts
            assert line.dsr
            line.reset_input_buffer()
            line.reset_output_buffer()
            assert b"OK" in ask(line, b"AT")
        # The next client finds the same module, and sets the line again.
        with serial.serial_for_url(url, timeout=10) as line:
            assert ask(line, b"AT") == b"\r\nOK\r\n"
            assert port.host_settings.rate == 9600


@pytest.mark.parametrize(
    "noise",
    [
        b"\xff\xfa\x2c\x01\xff\xf0",
        b"\xff\xfa\x2c" + b"x" * 5000 + b"\xff\xf0",
        b"\xff\xf0",
        b"\xff\xfb\x63\xff\xfe\x00\xff\xf6",
        b"\xff\xfa\x2c\x03\x63\xff\xf0",
    ],
    ids=["short value", "endless option", "end without begin", "unknown options", "odd parity"],
)
def test_malformed_telnet_leaves_the_module_alive(noise: bytes) -> None:
    with served() as port:
        host, _, number = port.address.rpartition(":")
        with socket.create_connection((host, int(number)), timeout=10) as client:
            client.sendall(noise + b"\rAT\r")
            heard = b""
            while not heard.endswith(b"OK\r\n"):
                data = client.recv(65536)
                assert data, heard
                heard += data
