"""The module's end of a line on a serial device, which may be unplugged and come back."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from atwin.line.errors import PortError
from atwin.line.frame import Flow
from atwin.line.ports.device import SerialPort, open_device

if TYPE_CHECKING:
    from atwin.line.port import Receiver

log = logging.getLogger("atwin.line")

#: Seconds between two looks for a device that is gone.
_LOOK_AGAIN = 0.5


class DeviceServerPort:
    """A module on the serial device `path`, a USB adapter wired to an MCU board.

    When the device goes, the module stays; as soon as it is there again it is opened anew, with
    the rate and flow control the module has by then. What the module says meanwhile is lost, as
    on an unplugged cable. See `FollowingPort` too.
    """

    def __init__(self, path: str, device: SerialPort, rate: int) -> None:
        """`device` is open, at `rate` bit/s; `open_device_server` makes both."""
        self.name = path
        self._path = path
        self._device: SerialPort | None = device
        self._line = (rate, Flow.NONE, Flow.NONE)
        self._receiver: Receiver | None = None
        self._searching: asyncio.Task[None] | None = None
        self._paused = False
        self._closed = False

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        if self._device is not None:
            self._device.start(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._device is not None:
            self._device.write(data)

    async def drain(self) -> None:
        if self._device is not None:
            await self._device.drain()

    def pause_reading(self) -> None:
        self._paused = True
        if self._device is not None:
            self._device.pause_reading()

    def resume_reading(self) -> None:
        self._paused = False
        if self._device is not None:
            self._device.resume_reading()

    def follow(self, rate: int, *, to_host: Flow, to_module: Flow) -> None:
        self._line = (rate, to_host, to_module)
        if self._device is not None:
            self._device.follow(rate, to_host=to_host, to_module=to_module)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._searching is not None:
            self._searching.cancel()
            await asyncio.wait((self._searching,))
        if self._device is not None:
            await self._device.close()
        elif self._receiver is not None:
            self._receiver.lost(None)

    # --- Receiver of the device ------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """From the device."""
        assert self._receiver is not None
        self._receiver.received(data)

    def lost(self, reason: str | None) -> None:
        """The device is gone."""
        gone, self._device = self._device, None
        if self._closed:
            assert self._receiver is not None
            self._receiver.lost(None)
            return
        log.warning("%s: %s; waiting for it to come back", self._path, reason)
        assert gone is not None
        self._searching = asyncio.get_running_loop().create_task(self._search(gone))

    async def _search(self, gone: SerialPort) -> None:
        await gone.close()
        while self._device is None:
            await asyncio.sleep(_LOOK_AGAIN)
            try:
                device = await open_device(self._path, self._line[0])
            except PortError:
                continue
            self._device = device
        rate, to_host, to_module = self._line
        device.follow(rate, to_host=to_host, to_module=to_module)
        device.start(self)
        if self._paused:
            device.pause_reading()
        log.info("%s: back at %d bit/s", self._path, rate)


async def open_device_server(path: str, rate: int) -> DeviceServerPort:
    """The module's end on the serial device `path`, at `rate` bit/s. Raises `PortError`."""
    return DeviceServerPort(path, await open_device(path, rate), rate)
