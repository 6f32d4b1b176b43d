"""The module's end of a line as a pseudo-terminal (Linux, macOS)."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.line.errors import PortError
from atwin.line.host_line import HostLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.host_line import LineError
    from atwin.line.port import Receiver

#: Bytes to ask the kernel for at a time; it gives about 4 KB, but may learn.
_READ = 65536
#: Whether the kernel tells how the host sets its end.
_PACKETS = sys.platform == "linux"
#: In front of data in packet mode.
_DATA = 0
#: Pending output below which a writer may go on.
_LOW_WATER = 65536
#: Seconds without a byte taken after which nobody is listening.
_UNHEARD = 5.0


class PtyPort:
    """A PTY in raw mode, and a symlink to it if asked for.

    The kernel takes some 12-22 KB before it makes us wait: that is the host's back-pressure,
    and a slow reader loses nothing. When no byte has been taken for `_UNHEARD` seconds there is
    no reader; what is pending then goes where bytes go on an unplugged cable (`dropped` counts
    it), and whoever opens the PTY next does not find a dead program's answers.
    """

    def __init__(self, link: str | None = None, rate: int | None = None) -> None:
        """`link`: path of a symlink to make, replacing a stale one; `rate`: bit/s until a host sets
        another. Raises `PortError`.
        """
        if sys.platform == "win32":
            raise PortError("there are no PTYs on Windows; use --tcp 127.0.0.1:7000 instead")
        import pty
        import tty

        try:
            self._master, self._slave = pty.openpty()
        except OSError as error:
            raise PortError(f"no PTY to be had: {error.strerror}") from error
        # Our own slave descriptor stays open, or the master would read errors
        # whenever the host closes.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        os.set_blocking(self._slave, False)
        self.slave_path = os.ttyname(self._slave)
        #: Bytes given up because nobody took them, the kernel's share included.
        self.dropped = 0
        #: How the host set its end, and whom to tell; see `LinePort`. Linux only.
        self.host_line = HostLine()
        self.on_host_line: Callable[[HostLine], None] = lambda _: None
        self.on_purge: Callable[[bool, bool], None] = lambda received, unsent: None
        self._packets = _PACKETS
        if self._packets:
            from atwin.line import pty_line

            pty_line.begin(self._master, self._slave, rate)
        self._link = link
        if link is not None:
            try:
                _make_link(link, self.slave_path)
            except PortError:
                self._close_descriptors()
                raise
        self.name = link or self.slave_path
        self._receiver: Receiver | None = None
        self._pending = bytearray()
        self._writable = asyncio.Event()
        self._writable.set()
        self._taken_at = 0.0  # when the kernel last took some of what is pending
        self._unheard: asyncio.TimerHandle | None = None
        self._closed = False

    def start(self, receiver: Receiver) -> None:
        """See `Port.start`."""
        self._receiver = receiver
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `Port.write`."""
        if self._closed:
            return
        if not self._pending:
            sent = self._send(data)
            if sent == len(data):
                return
            data = memoryview(data)[sent:]
            asyncio.get_running_loop().add_writer(self._master, self._flush)
            self._watch()
        self._pending += data
        self._update()

    async def drain(self) -> None:
        """See `Port.drain`."""
        await self._writable.wait()

    def pause_reading(self) -> None:
        """See `Port.pause_reading`."""
        if not self._closed:
            asyncio.get_running_loop().remove_reader(self._master)

    def resume_reading(self) -> None:
        """See `Port.resume_reading`."""
        if not self._closed:
            asyncio.get_running_loop().add_reader(self._master, self._readable)

    def show_cts(self, on: bool) -> None:
        """See `LinePort.show_cts`: there is none on a PTY, its host just has to wait."""

    def show_error(self, error: LineError) -> None:
        """See `LinePort.show_error`: a PTY has no way to tell."""

    async def close(self) -> None:
        """See `Port.close`. What the host has not read by now is lost with the PTY."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        self._forget_pending()
        self._close_descriptors()
        if self._link is not None:
            _remove_link(self._link, self.slave_path)
        if self._receiver is not None:
            self._receiver.lost(None)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, _READ)
        except (BlockingIOError, InterruptedError):
            return
        if self._packets:
            # The first byte tells whether data follow, or settings have changed.
            if data[0] != _DATA:
                self._host_changed(data[0])
                return
            data = data[1:]
        if data and self._receiver is not None:
            self._receiver.received(data)

    def _host_changed(self, status: int) -> None:
        from atwin.line import pty_line

        received, unsent = pty_line.is_purge(status)
        if received or unsent:
            self.on_purge(received, unsent)
        if pty_line.is_change(status):
            self.host_line = pty_line.host_line(self._slave)
            self.on_host_line(self.host_line)

    def _send(self, data: bytes | bytearray | memoryview) -> int:
        """Bytes the kernel took; when that is not all, it is full."""
        try:
            return os.write(self._master, data)
        except (BlockingIOError, InterruptedError):
            return 0

    def _flush(self) -> None:
        with memoryview(self._pending) as view:
            sent = self._send(view)
        del self._pending[:sent]
        if sent:
            self._watch()
        if not self._pending:
            self._forget_pending()
        self._update()

    def _update(self) -> None:
        if len(self._pending) < _LOW_WATER:
            self._writable.set()
        else:
            self._writable.clear()

    def _watch(self) -> None:
        """Start counting anew: somebody took bytes just now."""
        loop = asyncio.get_running_loop()
        self._taken_at = loop.time()
        if self._unheard is None:
            self._unheard = loop.call_later(_UNHEARD, self._nobody_listens)

    def _nobody_listens(self) -> None:
        import termios

        loop = asyncio.get_running_loop()
        left = self._taken_at + _UNHEARD - loop.time()
        if left > 0:
            self._unheard = loop.call_later(left, self._nobody_listens)
            return
        self.dropped += len(self._pending)
        # The kernel's share too. Read, not only flushed, so that it is counted; a host that left
        # line mode behind hides an unfinished line from reading.
        with suppress(BlockingIOError):
            while unread := os.read(self._slave, _READ):
                self.dropped += len(unread)
        termios.tcflush(self._slave, termios.TCIFLUSH)
        self._forget_pending()

    def _forget_pending(self) -> None:
        asyncio.get_running_loop().remove_writer(self._master)
        if self._unheard is not None:
            self._unheard.cancel()
            self._unheard = None
        self._pending.clear()
        self._writable.set()

    def _close_descriptors(self) -> None:
        os.close(self._master)
        os.close(self._slave)


def _make_link(link: str, target: str) -> None:
    """Point `link` at `target` in one step, over a stale link but never over a file."""
    if os.path.lexists(link) and not os.path.islink(link):
        raise PortError(f"{link} exists and is no link; choose another path or remove it")
    beside = f"{link}.{os.getpid()}"
    try:
        os.symlink(target, beside)
        os.replace(beside, link)
    except OSError as error:
        with suppress(OSError):
            os.unlink(beside)
        raise PortError(f"cannot make the link {link}: {error.strerror}") from error


def _remove_link(link: str, target: str) -> None:
    with suppress(OSError):
        if os.readlink(link) == target:
            os.unlink(link)
