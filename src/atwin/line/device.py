"""The host's end of a serial line: device files, COM ports, and RFC 2217 servers, by serialx."""

from __future__ import annotations

import asyncio
import errno

from atwin.line.errors import PortError
from atwin.line.tcp import cannot_connect
from atwin.line.transport import TransportPort


async def open_device(
    url: str, baud: int = 115200, *, rtscts: bool = False, xonxoff: bool = False
) -> TransportPort:
    """Open `url` (`/dev/ttyUSB0`, `COM3`, a PTY's path, `rfc2217://H:P`) at `baud` bit/s, 8N1.

    Raises `PortError`.
    """
    if baud < 1:
        raise PortError(f"{url}: no line runs at {baud} bit/s; 115200 is usual")
    import serialx  # here, because it costs a tenth of a second that `--help` need not pay

    port = TransportPort(url)
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
