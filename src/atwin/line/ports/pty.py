"""The module's end of a line as a pseudo-terminal (Linux, macOS)."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.disk.errors import reason
from atwin.line.frame import HostSettings
from atwin.line.port import PortError, PortSpecError
from atwin.line.ports.pty_link import make_link, remove_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.frame import ReceiveError
    from atwin.line.port import Receiver
    from atwin.line.ports.pty_line import PtySettings

log = logging.getLogger("atwin.line")

#: Bytes to ask the kernel for at a time; it gives about 4 KB, but may learn.
_READ = 65536
#: Whether the kernel says how the host sets its end.
_PACKETS = sys.platform == "linux"
#: In front of data in packet mode.
_DATA = 0
#: Bytes to be given at a time, of which some are pending while the kernel, with its 12-22 KB, is
#: full: a writer waits for the last of them.
_PIECE = 32768
_NOTHING = memoryview(b"")
#: Seconds without a change after which a host has set what it wanted to set.
_SETTLED = 0.02
#: Seconds between two tries to open a PTY that a program locked and left so.
_LOOK_AGAIN = 0.5


class PtyPort:
    """A PTY in raw mode, and a symlink to it if asked for.

    The kernel takes some 12-22 KB before it makes us wait: that is the host's back-pressure, and
    a host that has the PTY open loses nothing, however long it rests. What is said while no
    program has it open goes where bytes go on an unplugged cable, and so does what the last one
    had not read when it closed it (`dropped` counts both): whoever opens the PTY next does not
    find a dead program's answers.

    The kernel tells the master of the last close only. So our own end of the slave, without which
    the master would read nothing but that, is closed while a host is there.
    """

    def __init__(self, link: str | None = None, rate: int | None = None) -> None:
        """`link`: path of a symlink to make, see `make_link`; `rate`: bit/s until a host sets
        another. Raises `PortError` when no PTY is available or `link` leads to one that lives, and
        `PortSpecError` when no link can be there.
        """
        if sys.platform == "win32":
            raise PortSpecError("there are no PTYs on Windows; use --tcp 127.0.0.1:7000 instead")
        import pty
        import tty

        try:
            self._master, slave = pty.openpty()
        except OSError as error:
            raise PortError(f"no PTY is available: {reason(error)}") from error
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        os.set_blocking(slave, False)
        self._poll = select.poll()
        self._poll.register(self._master, 0)
        self.slave_path = os.ttyname(slave)
        #: Ours; None while a host has its own. Nothing is pending as long as it is open.
        self._slave: int | None = slave
        #: Bytes given up because no program had the PTY open, the kernel's share included.
        self.dropped = 0
        #: How the host set its end, and whom to tell; see `TellingPort`. Linux only.
        self.host_settings = HostSettings()
        self.on_host_settings: Callable[[HostSettings], None] = lambda _: None
        self.on_purge: Callable[[bool, bool], None] = lambda received, unsent: None
        self._settings: PtySettings | None = None
        self._settling: asyncio.TimerHandle | None = None
        if _PACKETS:
            from atwin.line.ports.pty_line import PtySettings

            self._settings = PtySettings(self._master, rate)
        self._link = link
        if link is not None:
            try:
                make_link(link, self.slave_path)
            except PortError:
                self._close_descriptors()
                raise
        self.name = link or self.slave_path
        #: See `RoomyPort`.
        self.piece = _PIECE
        self._receiver: Receiver | None = None
        #: What waits for the kernel: the rest of one write, as it was given, and what came after.
        self._unsent, self._pending = _NOTHING, bytearray()
        self._writable = asyncio.Event()
        self._writable.set()
        #: While the slave cannot be opened: until the next try.
        self._locked: asyncio.TimerHandle | None = None
        self._reading = False
        self._closed = False

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.resume_reading()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed:
            return
        if self._locked is not None or (self._slave is not None and not self._host_is_there()):
            self.dropped += len(data)
            return
        if self._settings is not None and not self._settings.told:
            self._look()
            self._settle()  # or the kernel would take XON and XOFF for itself
        if self._unsent:
            self._pending += data
            return
        sent = self._send(data)
        if sent < len(data):
            self._unsent = memoryview(bytes(data))[sent:]
            self._writable.clear()
            asyncio.get_running_loop().add_writer(self._master, self._flush)

    async def drain(self) -> None:
        await self._writable.wait()

    def pause_reading(self) -> None:
        self._reading = False
        self._set_reader()

    def resume_reading(self) -> None:
        self._reading = True
        self._set_reader()

    def show_cts(self, on: bool) -> None:
        """There is none on a PTY, its host just has to wait."""

    def show_ri(self, on: bool) -> None:
        """Nor is there one of these."""

    def show_error(self, error: ReceiveError) -> None:
        """A PTY has no way to tell."""

    async def close(self) -> None:
        """What the host has not read by now is lost with the PTY."""
        if self._closed:
            return
        self._closed = True
        self._set_reader()
        self._forget_pending()
        for timer in (self._settling, self._locked):
            if timer is not None:
                timer.cancel()
        if self._link is not None:
            # Before the number of our PTY is free for another's.
            remove_link(self._link, self.slave_path)
        self._close_descriptors()
        if self._receiver is not None:
            self._receiver.lost(None)

    def _set_reader(self) -> None:
        loop = asyncio.get_running_loop()
        if self._reading and self._locked is None and not self._closed:
            loop.add_reader(self._master, self._readable)
        else:
            loop.remove_reader(self._master)

    # --- from the host --------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            data = os.read(self._master, _READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:  # as macOS says it
            self._host_left()
            return
        if self._settings is not None:
            # The first byte says whether data follow, or settings have changed.
            if data[0] != _DATA:
                self._host_changed(data[0])
                return
            data = data[1:]
            if not self._settings.told:
                self._look()
        if data and self._receiver is not None:
            self._receiver.received(data)

    def _host_changed(self, status: int) -> None:
        from atwin.line.ports import pty_line

        received, unsent = pty_line.is_purge(status)
        if received or unsent:
            self.on_purge(received, unsent)
        if pty_line.is_change(status):
            self._look()

    def _look(self) -> None:
        """At how the host set its end."""
        assert self._settings is not None
        line = self._settings.look()
        if not self._settings.told and self._settling is None:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(_SETTLED, self._settle)
        if line != self.host_settings:
            self.host_settings = line
            self.on_host_settings(line)

    def _settle(self) -> None:
        assert self._settings is not None
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        self._settings.settle()
        self._look()

    # --- whether there is one -------------------------------------------------------------------

    def _host_is_there(self) -> bool:
        """Whether anybody but we has the slave open; if so, ours is closed from now on."""
        import termios
        from fcntl import ioctl

        assert self._slave is not None
        # On a PTY a lock outlives the program that set it, and would keep us out too.
        ioctl(self._slave, termios.TIOCNXCL)
        os.close(self._slave)
        self._slave = None
        if not self._hung_up():
            return True
        self._open_slave()
        return False

    def _hung_up(self) -> bool:
        return any(events & select.POLLHUP for _, events in self._poll.poll(0))

    def _host_left(self) -> None:
        """The last program that had the slave open is gone, and so is what it had not read."""
        self.dropped += len(self._unsent) + len(self._pending)
        self._forget_pending()
        self._open_slave()
        self._empty_slave()

    def _open_slave(self) -> None:
        """Open our own end of the slave again."""
        again, self._locked = self._locked, None
        try:
            self._slave = os.open(self.slave_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            if again is None:
                log.warning("%s: %s; a program locked it and left", self.name, reason(error))
            self._locked = asyncio.get_running_loop().call_later(_LOOK_AGAIN, self._try_again)
        self._set_reader()

    def _try_again(self) -> None:
        """Who locked the PTY may open it again, and so may root."""
        if self._hung_up():
            self._host_left()
        else:
            self._locked = None
            self._set_reader()

    def _empty_slave(self) -> None:
        import termios

        if self._slave is None:
            return
        # Read, not only flushed, so that it is counted; a host that left line mode behind hides
        # an unfinished line from reading.
        with suppress(BlockingIOError):
            while unread := os.read(self._slave, _READ):
                self.dropped += len(unread)
        termios.tcflush(self._slave, termios.TCIFLUSH)

    # --- to the host ----------------------------------------------------------------------------

    def _send(self, data: bytes | bytearray | memoryview) -> int:
        """Bytes the kernel took; when that is not all, it is full."""
        try:
            return os.write(self._master, data)
        except (BlockingIOError, InterruptedError):
            return 0

    def _flush(self) -> None:
        sent = self._send(self._unsent)
        self._unsent = self._unsent[sent:]
        if self._unsent:
            if not sent and self._hung_up():
                self._host_left()
        elif self._pending:
            self._unsent, self._pending = memoryview(self._pending), bytearray()
        else:
            self._forget_pending()

    def _forget_pending(self) -> None:
        asyncio.get_running_loop().remove_writer(self._master)
        self._unsent, self._pending = _NOTHING, bytearray()
        self._writable.set()

    def _close_descriptors(self) -> None:
        os.close(self._master)
        if self._slave is not None:
            os.close(self._slave)
