"""The host's end of a serial line: device files, COM ports, and RFC 2217 servers, by serialx."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from typing import Any

from atwin.line.errors import PortError
from atwin.line.frame import USUAL_RATE, Flow
from atwin.line.tcp import cannot_connect
from atwin.line.transport import TransportPort

#: Where the kernel keeps PTYs, on which serialx only pretends to set RTS and DTR.
_PTYS = "/dev/pts/"

log = logging.getLogger(__name__)


class SerialPort(TransportPort):
    """A serial device, or an RFC 2217 server's; see `HostPort`."""

    def __init__(self, name: str, rate: int) -> None:
        super().__init__(name)
        self._rate = rate
        self._is_pty = os.path.realpath(name).startswith(_PTYS)
        self._following: asyncio.Task[None] | None = None

    @property
    def rate(self) -> int | None:
        """See `HostPort.rate`."""
        return self._rate

    async def set_rate(self, rate: int) -> None:
        """See `HostPort.set_rate`."""
        await self._reconfigure(baudrate=rate)
        self._rate = rate

    async def set_flow(self, flow: Flow) -> None:
        """See `HostPort.set_flow`."""
        await self._reconfigure(rtscts=flow is Flow.HARDWARE, xonxoff=flow is Flow.SOFTWARE)

    async def set_output(self, output: str, on: bool) -> None:
        """See `HostPort.set_output`."""
        import serialx

        assert isinstance(self._transport, serialx.BaseSerialTransport)
        if self._is_pty:
            raise PortError(f"{self.name} is a PTY and has no {output.upper()}: use control:SOCKET")
        try:
            if output == "rts":
                await self._transport.set_modem_pins(rts=on)
            else:
                await self._transport.set_modem_pins(dtr=on)
        except (OSError, serialx.SerialException) as error:
            raise PortError(
                f"{self.name}: {output.upper()} cannot be set here: {_explain(self.name, error)}"
            ) from error

    def follow(self, rate: int, *, hardware: bool) -> None:
        """See `DevicePort.follow`."""
        self._following = asyncio.create_task(self._follow(rate, hardware))

    async def _follow(self, rate: int, hardware: bool) -> None:
        try:
            await self._reconfigure(baudrate=rate, rtscts=hardware)
        except PortError as error:
            log.warning("%s", error)
        else:
            self._rate = rate

    async def _reconfigure(self, **settings: Any) -> None:
        import serialx

        transport = self._transport
        assert isinstance(transport, serialx.BaseSerialTransport)
        try:
            await transport.flush()
            await transport.reconfigure_port(**settings)
        except (OSError, serialx.SerialException, ValueError) as error:
            raise PortError(_explain(self.name, error)) from error


async def open_device(
    url: str, baud: int = USUAL_RATE, *, rtscts: bool = False, xonxoff: bool = False
) -> SerialPort:
    """Open `url` (`/dev/ttyUSB0`, `COM3`, a PTY's path, `rfc2217://H:P`) at `baud` bit/s, 8N1.

    Raises `PortError`.
    """
    if baud < 1:
        raise PortError(f"{url}: no line runs at {baud} bit/s; {USUAL_RATE} is usual")
    import serialx  # here, because it costs a tenth of a second that `--help` need not pay

    port = SerialPort(url, baud)
    try:
        await serialx.create_serial_connection(
            asyncio.get_running_loop(),
            lambda: port,
            url,
            baudrate=baud,
            rtscts=rtscts,
            xonxoff=xonxoff,
        )
    except (OSError, serialx.SerialException, ValueError) as error:
        raise PortError(_explain(url, error)) from error
    return port


def _explain(url: str, error: Exception) -> str:
    code = _errno(error)
    if code in (errno.ENOENT, errno.ENOTDIR):
        return f"{url}: no such device; is the module plugged in?"
    if code in (errno.EACCES, errno.EPERM):
        return f"{url}: permission denied; is your user in the group of the device (dialout)?"
    if code == errno.EBUSY:
        return f"{url}: the device is in use by another program; close that first"
    if code in (errno.ENOTTY, errno.EISDIR, errno.EINVAL):
        return f"{url}: this is not a serial device"
    if isinstance(error, TimeoutError):
        return f"{url}: nothing there answers as a serial port should"
    if isinstance(error, (OSError, UnicodeError)) and url.lower().startswith("rfc2217://"):
        return str(cannot_connect(url, error))
    return f"{url}: cannot be opened: {error}"


def _errno(error: BaseException | None) -> int | None:
    """The system's number, however deep it was wrapped."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error.errno
        if error.args and isinstance(error.args[0], int):
            return error.args[0]  # termios.error is no OSError, but counts the same way
        error = error.__cause__ or error.__context__
    return None
