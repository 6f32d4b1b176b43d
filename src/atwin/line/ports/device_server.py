"""The module's end of a line on a serial device, which may be unplugged and come back."""

from __future__ import annotations

import asyncio
import logging

from atwin.line.frame import Flow
from atwin.line.port import PortError
from atwin.line.ports.device import SerialPort, open_device
from atwin.line.ports.wrapper import PortWrapper

log = logging.getLogger("atwin.line")

#: Seconds between two looks for a device that is gone.
_LOOK_AGAIN = 0.5


class DeviceServerPort(PortWrapper[SerialPort]):
    """A module on the serial device `path`, a USB adapter wired to an MCU board.

    When the device goes, the module stays; as soon as it is there again it is opened again, with
    the rate and flow control the module has by then. What the module says meanwhile is lost, as
    on an unplugged cable. See `FollowingPort` too.
    """

    def __init__(self, path: str, device: SerialPort, rate: int) -> None:
        """`device` is open, at `rate` bit/s; `open_device_server` makes both."""
        super().__init__(path, device)
        self._line = (rate, Flow.NONE, Flow.NONE)
        self._searching: asyncio.Task[None] | None = None
        self._closed = False

    def follow(self, rate: int, *, to_host: Flow, to_module: Flow) -> None:
        self._line = (rate, to_host, to_module)
        if self.inner is not None:
            self.inner.follow(rate, to_host=to_host, to_module=to_module)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._searching is not None:
            self._searching.cancel()
            await asyncio.wait((self._searching,))
        if self.inner is not None:
            await self.inner.close()
        else:
            super().lost(None)

    def lost(self, reason: str | None) -> None:
        """The device is gone."""
        gone, self.inner = self.inner, None
        if self._closed:
            super().lost(None)
            return
        log.warning("%s: %s; waiting for it to come back", self.name, reason)
        assert gone is not None
        self._searching = asyncio.get_running_loop().create_task(self._search(gone))

    async def _search(self, gone: SerialPort) -> None:
        await gone.close()
        while self.inner is None:
            await asyncio.sleep(_LOOK_AGAIN)
            try:
                device = await open_device(self.name, self._line[0])
            except PortError:
                continue
            self.inner = device
        rate, to_host, to_module = self._line
        device.follow(rate, to_host=to_host, to_module=to_module)
        self._begin()
        log.info("%s: back at %d bit/s", self.name, rate)


async def open_device_server(path: str, rate: int) -> DeviceServerPort:
    """The module's end on the serial device `path`, at `rate` bit/s. Raises `PortError`."""
    device = await open_device(path, rate, missing="is the adapter of the cable plugged in?")
    return DeviceServerPort(path, device, rate)
