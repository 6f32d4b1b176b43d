"""Packages that know only pyserial or serialx, each unmodified on `twin://`."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

import aioserial
import pytest
import serial
import serial.threaded
import serial_asyncio
import serial_asyncio_fast
import serialx
from gsmmodem.modem import GsmModem

import atwin.plugs  # noqa: F401 - registers `twin://`
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "twin://air780e-at"
#: The thread a module lives on.
MODULE = "atwin-twin"
OK = b"AT\r\r\nOK\r\n"


def modules_on() -> bool:
    return MODULE in {thread.name for thread in threading.enumerate()}


@pytest.fixture(autouse=True)
def nothing_warns_and_no_module_is_left() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert not modules_on()


def wait_until_closed() -> None:
    while modules_on():
        time.sleep(0.001)


@pytest.mark.parametrize(
    "module", [serial_asyncio, serial_asyncio_fast], ids=["pyserial-asyncio", "-fast"]
)
@pytest.mark.parametrize("url", [URL, f"{URL}?baud=230400"])
def test_streams_on_an_event_loop(module: Any, url: str) -> None:
    async def main() -> bytes:
        reader, writer = await module.open_serial_connection(url=url, baudrate=230400)
        writer.write(b"AT\r")
        answer: bytes = await reader.readuntil(b"OK\r\n")
        # More than the line has room for: the loop goes on meanwhile.
        writer.write(b"AT\r" * 3000)
        assert await reader.readexactly(len(OK) * 20) == OK * 20
        writer.transport.abort()
        await asyncio.to_thread(wait_until_closed)
        return answer

    assert asyncio.run(asyncio.wait_for(main(), PATIENCE)) == OK


def test_aioserial() -> None:
    async def main() -> None:
        line = aioserial.AioSerial(URL, baudrate=115200)
        await line.write_async(b"AT\r")
        assert await line.read_until_async(b"OK\r\n") == OK
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.read_async(1), 0.02)
        await line.write_async(b"AT\r")
        # The read that was given up took nothing.
        assert (await line.read_until_async(b"OK\r\n")).endswith(OK)
        line.close()

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


def test_serialx() -> None:
    with serialx.serial_for_url(URL, baudrate=115200, read_timeout=PATIENCE) as line:
        line.write(b"AT\r")
        assert line.readexactly(len(OK)) == OK


def test_gsmmodem() -> None:
    modem = GsmModem(URL, 115200)
    modem.connect()
    assert modem.imei.isdecimal()
    assert len(modem.imei) == 15
    modem.close()


def test_the_reader_thread_of_pyserial() -> None:
    heard = threading.Event()

    class Lines(serial.threaded.LineReader):  # type: ignore[misc] # pyserial has no type hints
        def handle_line(self, line: str) -> None:
            if line == "OK":
                heard.set()

    line = serial.serial_for_url(URL, timeout=None)
    with serial.threaded.ReaderThread(line, Lines) as protocol:
        protocol.write_line("AT")
        assert heard.wait(PATIENCE)
