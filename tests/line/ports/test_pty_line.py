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
import serial

from atwin.line.frame import HostSettings, UartSettings
from atwin.line.ports.pty import PtyPort
from atwin.line.uart.uart import Uart
from support.line.ears import Ear, leaves_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="packet mode as Linux has it")


class Watch:
    """What the port told, and a way to wait for the next time."""

    def __init__(self, port: PtyPort) -> None:
        self.seen: asyncio.Queue[HostSettings] = asyncio.Queue()
        port.on_host_settings = self.seen.put_nowait

    async def until(self, wanted: HostSettings) -> None:
        async with asyncio.timeout(10):
            while await self.seen.get() != wanted:
                pass


@contextmanager
def host(port: PtyPort, *, rate: int, cflag: int = 0, iflag: int = 0) -> Iterator[int]:
    """A program that sets every flag again, as careless ones do: EXTPROC is cleared too."""
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
            await watch.until(HostSettings(9600, obeys_cts=False))
            os.write(slave, b"AT\r")
            assert await ear.bytes(3) == b"AT\r"
        with host(port, rate=921600, cflag=termios.CRTSCTS):
            await watch.until(HostSettings(921600, obeys_cts=True))
        with host(port, rate=115200, iflag=termios.IXON):
            await watch.until(HostSettings(115200, obeys_cts=False, obeys_xoff=True))
        await port.close()

    leaves_nothing(main())


def test_a_host_at_the_wrong_rate_is_not_understood() -> None:
    async def main() -> None:
        port = PtyPort(rate=9600)
        uart = Uart(port, baud=9600)
        came = asyncio.Event()
        uart.listen(came.set)
        uart.boot(UartSettings(9600), trained=True)
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


@pytest.mark.parametrize("rate", [300, 500_000, 1_000_000, 1_500_000, 250_000, 12_345])
def test_a_host_at_a_rate_no_module_has_is_at_a_wrong_rate(rate: int) -> None:
    """Whether the kernel has a name for that rate or not."""

    async def main() -> None:
        port = PtyPort(rate=115200)
        uart = Uart(port, baud=115200)
        came = asyncio.Event()
        uart.listen(came.set)
        uart.boot(UartSettings(115200), trained=True)
        with serial.Serial(port.slave_path, rate) as slave:
            slave.write(b"AT\r")
            async with asyncio.timeout(10):
                await came.wait()
        assert port.host_settings.rate == rate
        assert uart.host_settings.rate == rate
        assert all(value == 0 or value >= 0x80 for value in uart.rx)
        await port.close()

    leaves_nothing(main())


def test_a_rate_without_a_name_survives_the_way_to_be_told_again() -> None:
    from atwin.line.ports.pty_line import PtySettings

    master, slave = os.openpty()
    settings = PtySettings(master, 9600)
    with serial.Serial(os.ttyname(slave), 250_000, rtscts=True) as host:
        flags = termios.tcgetattr(host.fd)
        flags[3] = 0  # with EXTPROC
        termios.tcsetattr(host.fd, termios.TCSANOW, flags)
        seen = HostSettings(250_000, obeys_cts=True)
        assert settings.look() == seen
        assert not settings.told
        settings.settle()
        assert settings.told
        assert settings.look() == seen
    os.close(slave)
    os.close(master)


def test_a_host_that_is_still_changing_its_settings_is_not_interfered_with() -> None:
    """The kernel cannot set one flag: all that was read is written back."""
    from atwin.line.ports.pty_line import PtySettings

    master, slave = os.openpty()
    settings = PtySettings(master, 9600)

    def host_sets(rate: int) -> None:
        flags = termios.tcgetattr(slave)
        flags[3], flags[4:6] = 0, [rate, rate]
        termios.tcsetattr(slave, termios.TCSANOW, flags)

    host_sets(termios.B57600)
    assert settings.look().rate == 57600
    host_sets(termios.B38400)
    settings.settle()
    assert not settings.told
    assert termios.tcgetattr(slave)[4:6] == [termios.B38400, termios.B38400]
    assert settings.look().rate == 38400
    settings.settle()
    assert settings.told
    assert termios.tcgetattr(slave)[4:6] == [termios.B38400, termios.B38400]
    os.close(slave)
    os.close(master)


def test_settings_that_follow_each_other_closely_are_all_seen() -> None:
    async def main() -> None:
        port = PtyPort()
        ear = Ear()
        port.start(ear)
        watch = Watch(port)
        for rate in (300, 9600, 38400, 9600, 115200, 300, 921600):
            with host(port, rate=57600) as slave:
                flags = termios.tcgetattr(slave)
                flags[3], flags[4:6] = 0, [getattr(termios, f"B{rate}")] * 2
                termios.tcsetattr(slave, termios.TCSANOW, flags)
                await watch.until(HostSettings(rate, obeys_cts=False))
        await port.close()

    leaves_nothing(main())
