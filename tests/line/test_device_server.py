"""A module on a serial device: it follows AT+IPR and AT+IFC, and survives the device's absence.

The device is the slave of a PTY, the MCU at the other end of the cable its master.
"""

from __future__ import annotations

import asyncio
import os
import termios
from typing import TYPE_CHECKING

import pytest

from atwin.line import device_server
from atwin.line.device_server import open_device_server
from atwin.line.errors import PortError
from atwin.twin import Twin
from support.ears import leaves_nothing
from support.no_network import NoNetwork

if TYPE_CHECKING:
    from pathlib import Path


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

    def settings(self) -> tuple[int, bool]:
        """Rate, as termios numbers it, and RTS/CTS, as the module's end set them."""
        mode = termios.tcgetattr(self._slave)
        return mode[4], bool(mode[2] & termios.CRTSCTS)

    async def until(self, settings: tuple[int, bool]) -> None:
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
            await mcu.until((termios.B9600, False))
            assert await mcu.ask(b"AT+IFC=2,2") == b"\r\nOK\r\n"
            await mcu.until((termios.B9600, True))
            assert await mcu.ask(b"AT+IFC=0,0") == b"\r\nOK\r\n"
            await mcu.until((termios.B9600, False))
        mcu.unplug()

    leaves_nothing(main())


def test_an_unplugged_device_is_found_again_as_the_module_left_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_server, "_LOOK_AGAIN", 0)
    path = tmp_path / "tty"

    async def main() -> None:
        mcu = Mcu(path)
        port = await open_device_server(str(path), 115200)
        async with Twin("air780e-at", port, network=NoNetwork()) as twin:
            await mcu.ask(b"ATE0")
            await mcu.ask(b"AT+IPR=57600")
            await mcu.until((termios.B57600, False))
            for _ in range(3):
                path.unlink()
                mcu.unplug()
                twin.module.hardware.uart.write(b"said to nobody")
                for _ in range(10):
                    await asyncio.sleep(0)
                mcu = Mcu(path)
                await mcu.until((termios.B57600, False))
                assert await mcu.ask(b"AT+IPR?") == b"\r\n+IPR: 57600\r\n\r\nOK\r\n"
            path.unlink()
            mcu.unplug()
            for _ in range(10):
                await asyncio.sleep(0)
        # Closed while it is looked for.

    leaves_nothing(main())


def test_a_device_that_is_not_there_at_first_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="no such device; is the module plugged"):
        asyncio.run(open_device_server(str(tmp_path / "none"), 115200))
