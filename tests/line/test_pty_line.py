"""What the module's end of a PTY sees of the host's settings (Linux)."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from atwin.line.host_line import HostLine
from atwin.line.pty import PtyPort
from atwin.line.uart import LineMode, Uart
from support.ears import Ear, leaves_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="packet mode as Linux has it")


class Watch:
    """What the port told, and a way to wait for the next time."""

    def __init__(self, port: PtyPort) -> None:
        self.seen: asyncio.Queue[HostLine] = asyncio.Queue()
        port.on_host_line = self.seen.put_nowait

    async def until(self, wanted: HostLine) -> None:
        async with asyncio.timeout(10):
            while await self.seen.get() != wanted:
                pass


@contextmanager
def host(port: PtyPort, *, rate: int, cflag: int = 0, iflag: int = 0) -> Iterator[int]:
    """A program that sets every flag anew, as careless ones do: EXTPROC is cleared too."""
    slave = os.open(port.slave_path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(slave)
        settings = termios.tcgetattr(slave)
        settings[0], settings[2], settings[3] = iflag, termios.CS8 | termios.CREAD | cflag, 0
        settings[4] = settings[5] = getattr(termios, f"B{rate}")
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        yield slave
    finally:
        os.close(slave)


def test_rate_and_flow_control_of_each_host_are_seen() -> None:
    async def main() -> None:
        port = PtyPort()
        ear = Ear()
        port.start(ear)
        watch = Watch(port)
        with host(port, rate=9600) as slave:
            await watch.until(HostLine(9600, obeys_cts=False))
            os.write(slave, b"AT\r")
            assert await ear.bytes(3) == b"AT\r"
        with host(port, rate=921600, cflag=termios.CRTSCTS):
            await watch.until(HostLine(921600, obeys_cts=True))
        with host(port, rate=115200, iflag=termios.IXON):
            await watch.until(HostLine(115200, obeys_cts=False, obeys_xoff=True))
        await port.close()

    leaves_nothing(main())


def test_a_host_at_the_wrong_rate_is_not_understood() -> None:
    async def main() -> None:
        port = PtyPort(rate=9600)
        uart = Uart(port, baud=9600)
        came = asyncio.Event()
        uart.listen(came.set)
        uart.boot(LineMode(9600), trained=True)
        with host(port, rate=9600) as slave:
            os.write(slave, b"AT\r")
            async with asyncio.timeout(10):
                while len(uart.rx) < 3:
                    came.clear()
                    await came.wait()
        assert bytes(uart.rx) == b"AT\r"
        uart.rx.clear()
        with host(port, rate=115200) as slave:
            os.write(slave, b"AT\r")
            async with asyncio.timeout(10):
                while not uart.rx:
                    came.clear()
                    await came.wait()
        assert all(value == 0 or value >= 0x80 for value in uart.rx)
        await port.close()

    leaves_nothing(main())


def test_every_byte_value_comes_through_in_both_directions() -> None:
    async def main() -> None:
        port = PtyPort()
        ear = Ear()
        port.start(ear)
        every = bytes(range(256))
        with host(port, rate=115200, iflag=termios.IXON) as slave:
            os.write(slave, every * 8)
            assert await ear.bytes(len(every) * 8) == every * 8
            port.write(every)
            assert os.read(slave, 256) == every
        await port.close()

    leaves_nothing(main())


def test_the_rate_of_the_twin_is_found_by_a_host_that_sets_none() -> None:
    async def main() -> None:
        port = PtyPort(rate=9600)
        slave = os.open(port.slave_path, os.O_RDWR | os.O_NOCTTY)
        assert termios.tcgetattr(slave)[5] == termios.B9600
        os.close(slave)
        port.start(Ear())
        await port.close()

    leaves_nothing(main())
