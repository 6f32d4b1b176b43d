"""The host's end of a serial line: device files, COM ports, and RFC 2217 servers, by serialx."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from atwin.line.frame import USUAL_RATE, Flow
from atwin.line.port import PortError, PortSpecError
from atwin.line.ports.posix import TermiosSettings
from atwin.line.ports.tcp import cannot_connect
from atwin.line.ports.transport import TransportPort

#: Where the kernel keeps PTYs, on which serialx only pretends to set RTS and DTR.
_PTYS = "/dev/pts/"
#: In names that are not of a device on this computer.
_SCHEME = "://"
_RFC2217 = "rfc2217://"

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serialx import BaseSerialTransport

log = logging.getLogger("atwin.line")


#: Bytes to ask the kernel for at a time, and how often in one turn of the loop while it gives them:
#: a PTY has about 4 KB at a time, and the next ones soon after.
_READ, _READS = 65536, 64
#: Seconds between two looks whether what was written has left, at first and later.
_LOOK_AGAIN, _SELDOM = 0.002, 0.05
#: Seconds output may stand still before a change of rate: the other end has stopped it for good.
_HELD_BACK = 1.0
#: Why a device gives nothing more.
_GONE = "device disconnected or in use by another process"
#: Bits on the wire for a byte: start, eight, stop.
_BITS = 10


class SerialPort(TransportPort):
    """A serial device, or an RFC 2217 server's; see `SettablePort` and `FollowingPort`."""

    def __init__(self, name: str, rate: int, missing: str) -> None:
        super().__init__(name)
        self._missing = missing
        self._rate = rate
        self._is_pty = os.path.realpath(name).startswith(_PTYS)
        self._free_at = 0.0  # when the last byte has left, if nothing stops it
        self._wanted = (rate, Flow.NONE, Flow.NONE)
        self._following: asyncio.Task[None] | None = None
        #: The descriptor, where reading it is ours.
        self._descriptor: int | None = None
        self._failure: OSError | None = None

    @property
    def rate(self) -> int | None:
        return self._rate

    def write(self, data: bytes | bytearray | memoryview) -> None:
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + len(data) * _BITS / self._rate
        super().write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is up. serialx writes to it, and reads where there is no descriptor."""
        super().connection_made(transport)
        if sys.platform != "win32" and _SCHEME not in self.name:
            self._serial.pause_reading()
            self._descriptor = self._serial.serial.fileno()
            self.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(self._failure or error)

    def pause_reading(self) -> None:
        if self._descriptor is None:
            super().pause_reading()
            return
        self._paused = True
        if not self._serial.is_closing():
            asyncio.get_running_loop().remove_reader(self._descriptor)

    def resume_reading(self) -> None:
        if self._descriptor is None:
            super().resume_reading()
            return
        self._paused = False
        if not self._serial.is_closing():
            asyncio.get_running_loop().add_reader(self._descriptor, self._readable)
        self._hand_over_soon()

    def _readable(self) -> None:
        """What the kernel has; while that is of use only with what follows, that too."""
        assert self._descriptor is not None
        for read in range(_READS):
            try:
                data = os.read(self._descriptor, _READ)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._fail(error)
                return
            if not data:
                if not read:  # readable, and nothing there: the other end has hung up
                    self._fail(OSError(errno.EIO, _GONE))
                return
            self.data_received(data)
            if not self._left or self._serial.is_closing():
                return

    def _fail(self, error: OSError) -> None:
        self._failure = error
        self._serial.abort()

    async def set_rate(self, rate: int) -> None:
        """What was written before leaves at the old rate; what flow control holds back is lost."""
        with self._explained():
            await self._sent(_HELD_BACK)
            await self._apply_rate(rate)

    async def set_flow(self, flow: Flow) -> None:
        """What the old kind held back leaves now."""
        with self._explained():
            await self._apply_flow(flow, flow)

    async def set_output(self, output: str, on: bool) -> None:
        if self._is_pty:
            raise PortError(f"{self.name} is a PTY and has no {output.upper()}: use control:SOCKET")
        with self._explained(f"{output.upper()} cannot be set here"):
            if output == "rts":
                await self._serial.set_modem_pins(rts=on)
            else:
                await self._serial.set_modem_pins(dtr=on)

    async def clear_to_send(self) -> bool | None:
        import serialx

        if self._is_pty or _SCHEME in self.name:
            return None  # serialx has values there, but they mean nothing
        with self._explained():
            pins = await self._serial.get_modem_pins()
        return None if pins.cts is serialx.PinState.UNDEFINED else pins.cts is serialx.PinState.HIGH

    def follow(self, rate: int, *, to_host: Flow, to_module: Flow) -> None:
        self._wanted = (rate, to_host, to_module)
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait((self._following,))
        await super().close()

    async def _follow(self) -> None:
        done = None
        try:
            while done != self._wanted and not self._gone.is_set():
                _, to_host, to_module = self._wanted
                with self._explained():
                    if to_host is Flow.NONE:
                        # What was held back until now is part of what has to leave.
                        await self._apply_flow(to_host, to_module)
                    await self._sent()
                    done = rate, to_host, to_module = self._wanted
                    await self._apply_flow(to_host, to_module)
                    await self._apply_rate(rate)
        except PortError as error:
            if not self._serial.is_closing():
                log.warning("%s", error)

    # --- the device, by termios where there is one, else by serialx ----------------------------

    @property
    def _serial(self) -> BaseSerialTransport:
        assert self._transport is not None
        return cast("BaseSerialTransport", self._transport)

    @property
    def _settings(self) -> TermiosSettings | None:
        """None where only serialx knows how. Not to be kept: the descriptor may be another's."""
        if sys.platform == "win32" or _SCHEME in self.name:
            return None
        if self._serial.is_closing():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return TermiosSettings(self._serial.serial.fileno())

    async def _apply_rate(self, rate: int) -> None:
        settings = self._settings
        if settings is not None and settings.has_name(rate):
            settings.set_rate(rate)
        else:
            await self._serial.reconfigure_port(baudrate=rate)
        self._rate = rate

    async def _apply_flow(self, to_host: Flow, to_module: Flow) -> None:
        if (settings := self._settings) is not None:
            settings.set_flow(to_host, to_module)
        else:
            both = (to_host, to_module)
            await self._serial.reconfigure_port(
                rtscts=Flow.HARDWARE in both, xonxoff=Flow.SOFTWARE in both
            )

    async def _sent(self, patience: float | None = None) -> None:
        """Return when what was written has left.

        Not by tcdrain, which has no end while the other end holds its CTS off. After `patience`
        seconds beyond its time what is left is discarded; None waits as long as it takes.
        """
        if self._settings is None:
            await self._serial.flush()
            return
        loop, pause = asyncio.get_running_loop(), _LOOK_AGAIN
        while (settings := self._settings) is not None:
            now = loop.time()
            held = self._serial.get_write_buffer_size() + settings.unsent
            # On a PTY bytes take no time.
            if not held and (self._is_pty or now >= self._free_at):
                return
            if patience is not None and now > self._free_at + patience:
                settings.discard_unsent()
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _SELDOM)

    @contextmanager
    def _explained(self, what: str = "") -> Iterator[None]:
        import serialx

        try:
            yield
        except (OSError, serialx.SerialException, ValueError) as error:
            why = _explain(self.name, error, self._missing)
            raise PortError(f"{self.name}: {what}: {why}" if what else why) from error


async def open_device(
    url: str, baud: int = USUAL_RATE, *, missing: str = "is the module plugged in?"
) -> SerialPort:
    """Open `url` (`/dev/ttyUSB0`, `COM3`, a PTY's path, `rfc2217://H:P`) at `baud` bit/s, 8N1.

    Raises `PortError`, and `PortSpecError` if that is not a device; `missing` asks why it is not
    there.
    """
    if _SCHEME in url and not url.lower().startswith(_RFC2217):
        raise PortSpecError(f"{url}: unknown kind of port; must be a device path")
    if baud < 1:
        raise PortSpecError(f"{url}: no line runs at {baud} bit/s; {USUAL_RATE} is usual")
    import serialx  # here, because it costs a tenth of a second that `--help` need not pay

    transport: type[BaseSerialTransport] | None = None
    if _SCHEME in url:
        from atwin.line.telnet import Rfc2217Transport

        transport = Rfc2217Transport
    port = SerialPort(url, baud, missing)
    with port._explained():
        await serialx.create_serial_connection(
            asyncio.get_running_loop(), lambda: port, url, baudrate=baud, transport_cls=transport
        )
    return port


def _explain(url: str, error: Exception, missing: str) -> str:
    code = _errno(error)
    if code in (errno.ENOENT, errno.ENOTDIR):
        return f"{url}: no such device; {missing}"
    if code in (errno.EACCES, errno.EPERM):
        return f"{url}: permission denied; is your user in the group of the device (dialout)?"
    if code == errno.EBUSY:
        from atwin.line.devices import user_of  # it looks through all processes: only here

        other = user_of(url)
        whom = "another program" if other is None else f"process {other}"
        return f"{url}: the device is in use by {whom}; end that first"
    if code in (errno.ENOTTY, errno.EISDIR, errno.EINVAL):
        if os.path.isfile(url):
            return (
                f"{url}: this is a regular file, no serial device; if a twin's link should be here,"
                " remove it and wait for the twin's ready line"
            )
        return f"{url}: this is not a serial device"
    if code == errno.EIO:
        return f"{url}: the device is gone"
    if isinstance(error, TimeoutError):
        return f"{url}: nothing there answers as a serial port should"
    if isinstance(error, (OSError, UnicodeError)) and url.lower().startswith(_RFC2217):
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
