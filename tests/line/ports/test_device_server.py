"""A module on a serial device: it follows AT+IPR and AT+IFC, and survives the device's absence.

The device is the slave of a PTY, the MCU at the other end of the cable its master.
"""

from __future__ import annotations

import asyncio
import os
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from atwin.line.frame import XOFF, XON, Flow, Frame, UartSettings
from atwin.line.port import PortError
from atwin.line.ports import device_server
from atwin.line.ports.device_server import open_device_server
from atwin.line.uart.uart import Uart
from atwin.twin.twin import Twin
from support.line.ears import leaves_nothing, settled
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from pathlib import Path


Settings = tuple[int, set[str]]
FLAGS = {
    "rts/cts": (2, termios.CRTSCTS),
    "obeys xoff": (0, termios.IXON),
    "sends xoff": (0, termios.IXOFF),
    "any byte is an xon": (0, termios.IXANY),
}


async def found_again(caplog: pytest.LogCaptureFixture) -> None:
    """Opening a device throws away what came before, and its settings are seen earlier."""
    async with asyncio.timeout(20):
        while ": back at" not in caplog.text:  # noqa: ASYNC110 - it is told to nobody else
            await asyncio.sleep(0)
    caplog.clear()


class Mcu:
    """The other end of the cable, plugged in at `path`."""

    def __init__(self, path: Path) -> None:
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)
        self._name = os.ttyname(slave)
        beside = path.with_suffix(".new")
        beside.symlink_to(self._name)
        beside.replace(path)
        self._slave = slave

    async def ask(self, command: bytes, end: bytes = b"\r\nOK\r\n") -> bytes:
        os.write(self._master, command + b"\r")
        heard = b""
        async with asyncio.timeout(20):
            while not heard.endswith(end):
                readable = asyncio.Event()
                asyncio.get_running_loop().add_reader(self._master, readable.set)
                await readable.wait()
                asyncio.get_running_loop().remove_reader(self._master)
                heard += os.read(self._master, 4096)
        return heard

    def say(self, data: bytes) -> None:
        os.write(self._master, data)

    def waiting(self) -> int:
        """Bytes the module's end has sent and that are still unread, which are read."""
        count = 0
        with suppress(BlockingIOError):
            while data := os.read(self._master, 65536):
                count += len(data)
        return count

    def settings(self) -> Settings:
        """Rate, as termios numbers it, and flow control, as the module's end set them."""
        mode = termios.tcgetattr(self._slave)
        return mode[4], {name for name, (at, flag) in FLAGS.items() if mode[at] & flag}

    async def until(self, settings: Settings) -> None:
        async with asyncio.timeout(20):
            while self.settings() != settings:  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(0)

    def unplug(self) -> None:
        os.close(self._master)
        os.close(self._slave)


def test_the_device_follows_the_modules_rate_and_flow_control(tmp_path: Path) -> None:
    async def main() -> None:
        mcu = Mcu(tmp_path / "tty")
        port = await open_device_server(str(tmp_path / "tty"), 115200)
        async with Twin("air780e-at", port, network=NoNetwork()):
            assert await mcu.ask(b"ATE0") == b"ATE0\r\r\nOK\r\n"
            assert await mcu.ask(b"AT+IPR=9600") == b"\r\nOK\r\n"
            await mcu.until((termios.B9600, set()))
            for flow, flags in [
                ("2,2", {"rts/cts"}),
                ("0,0", set()),
                ("1,1", {"obeys xoff", "sends xoff"}),
                ("1,0", {"obeys xoff"}),
                ("0,1", {"sends xoff"}),
                ("2,0", {"rts/cts"}),
                ("0,2", {"rts/cts"}),
                ("1,2", {"obeys xoff", "rts/cts"}),
            ]:
                assert await mcu.ask(f"AT+IFC={flow}".encode()) == b"\r\nOK\r\n"
                await mcu.until((termios.B9600, flags))
        mcu.unplug()

    leaves_nothing(main())


def test_the_ok_of_a_rate_change_reaches_the_other_end_of_a_serial_device(tmp_path: Path) -> None:
    """Nothing is thrown away with a change of settings, sent or received."""

    async def main() -> None:
        mcu = Mcu(tmp_path / "tty")
        port = await open_device_server(str(tmp_path / "tty"), 115200)
        async with Twin("air780e-at", port, network=NoNetwork()):
            await mcu.ask(b"ATE0")
            for _ in range(30):
                for rate in (b"9600", b"115200"):
                    # The next command is on its way while the rate changes.
                    mcu.say(b"AT+IPR=" + rate + b"\r")
                    answer = await mcu.ask(b"AT+IPR?", rate + b"\r\n\r\nOK\r\n")
                    assert answer == b"\r\nOK\r\n\r\n+IPR: " + rate + b"\r\n\r\nOK\r\n"
        mcu.unplug()

    leaves_nothing(main())


def test_xoff_stops_the_module_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    async def main() -> None:
        mcu = Mcu(tmp_path / "tty")
        port = await open_device_server(str(tmp_path / "tty"), 115200)
        uart = Uart(port)
        uart.listen(lambda: None)
        uart.boot(UartSettings(115200, Frame(), Flow.SOFTWARE, Flow.SOFTWARE), trained=True)
        await mcu.until((termios.B115200, {"obeys xoff", "sends xoff"}))
        uart.write(bytes(300_000))
        await settled()
        mcu.say(XOFF)
        count = before = mcu.waiting()
        assert before < 32_000, "the kernel cannot hold that much"
        await settled()
        count += mcu.waiting()
        assert count < 32_000
        mcu.say(XON)
        async with asyncio.timeout(20):
            while count < 300_000:
                await asyncio.sleep(0)
                count += mcu.waiting()
        assert (count, bytes(uart.rx)) == (300_000, b"")
        await port.close()
        mcu.unplug()

    leaves_nothing(main())


def test_an_unplugged_device_is_found_again_as_the_module_left_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(device_server, "_LOOK_AGAIN", 0)
    caplog.set_level("INFO", "atwin.line")
    path = tmp_path / "tty"

    async def main() -> None:
        mcu = Mcu(path)
        port = await open_device_server(str(path), 115200)
        async with Twin("air780e-at", port, network=NoNetwork()) as twin:
            await mcu.ask(b"ATE0")
            await mcu.ask(b"AT+IPR=57600")
            await mcu.ask(b"AT+IFC=1,0")
            await mcu.until((termios.B57600, {"obeys xoff"}))
            for _ in range(3):
                path.unlink()
                mcu.unplug()
                twin.module.hardware.uart.write(b"said to nobody")
                for _ in range(10):
                    await asyncio.sleep(0)
                mcu = Mcu(path)
                await found_again(caplog)
                await mcu.until((termios.B57600, {"obeys xoff"}))
                assert await mcu.ask(b"AT+IPR?") == b"\r\n+IPR: 57600\r\n\r\nOK\r\n"
            path.unlink()
            mcu.unplug()
            for _ in range(10):
                await asyncio.sleep(0)
        # Closed while it is looked for.

    leaves_nothing(main())


def test_a_device_that_is_not_there_at_first_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="no such device; is the adapter of the cable plugged"):
        asyncio.run(open_device_server(str(tmp_path / "none"), 115200))
