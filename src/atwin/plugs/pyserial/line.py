"""A line to a module of its own, for threads: bytes by a socket pair, the rest by calls."""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
import threading
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from serial import SerialException, SerialTimeoutException

from atwin.line.ports.pair import HOST_BUFFER, PairPort
from atwin.session.loop_thread import LoopThread
from atwin.session.twins import made_twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from atwin.line.frame import HostSettings
    from atwin.line.uart.uart import Uart
    from atwin.session.url import TwinWishes

#: Seconds from one look to the next whether everything has left.
_LOOK_AGAIN = 0.001
#: Bytes taken at a time when what came is thrown away.
_PIECE = 65536
_SELECTOR: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)


class Bell:
    """Waits until a socket is ready for one direction; `ring` ends that, or else the next wait."""

    def __init__(self, line: socket.socket, event: int) -> None:
        """`event` is one of `selectors`."""
        self._line, self._event = line, event
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)

    def wait(self, seconds: float | None) -> bool | None:
        """True when the line is ready, False after `seconds`, None when it was rung."""
        with _SELECTOR() as selector, suppress(ValueError, OSError):  # another thread closed it
            selector.register(self._heard, selectors.EVENT_READ)
            selector.register(self._line, self._event)
            ready = {key.fileobj for key, _ in selector.select(seconds)}
            if self._heard not in ready:
                return bool(ready)
            self._heard.recv(_PIECE)
        return None

    def ring(self) -> None:
        """From any thread."""
        with suppress(OSError):  # it rings already, or was closed just now
            self._rung.send(b"\0")

    def close(self) -> None:
        """End every wait; there is none after."""
        self._rung.close()
        self._heard.close()


class TwinLine:
    """The host's end: what a serial driver is to its program.

    Times are in seconds; None is for ever, 0 not at all. Raises `SerialException` when the module
    is gone.
    """

    def __init__(self, wanted: TwinWishes, settings: HostSettings) -> None:
        """Switch a module on. Raises as `made_twin` does."""
        self._ours, theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, HOST_BUFFER)
        try:
            self._loop = LoopThread("atwin-twin", _module_at(theirs, wanted, settings))
        except BaseException:
            self._ours.close()
            raise
        port, uart = self._loop.thing
        self._port: PairPort = port
        self._uart: Uart = uart
        self.reading = Bell(self._ours, selectors.EVENT_READ)
        self.writing = Bell(self._ours, selectors.EVENT_WRITE)
        self._process = os.getpid()
        #: Two threads may send, or receive: each byte is counted once.
        self._counting = threading.Lock()
        self._sent = self._got = 0

    def fileno(self) -> int:
        """It is ready to be read or written when the line is."""
        return self._ours.fileno()

    def close(self) -> None:
        """Switch the module off and end what waits; harmless when called twice."""
        if os.getpid() == self._process:
            self.reading.ring()
            self.writing.ring()
            self._ours.close()
            self._end()
        else:  # a fork's copy: the module is its parent's, and goes on
            self._ours.close()
        self.reading.close()
        self.writing.close()

    def read(self, size: int, seconds: float | None, gap: float | None) -> bytes:
        """`size` bytes, or what came in the time; `gap` is the most between two bytes, or None."""
        until = _end_of(seconds)
        got = bytearray()
        while len(got) < size:
            data = self._receive(size - len(got))
            got += data
            left = _left(until)
            if left == 0 or len(got) == size:
                break
            if data:
                continue
            if got and gap:
                left = gap if left is None else min(left, gap)
            if not self.reading.wait(left):
                break
        return bytes(got)

    def write(self, data: bytes, seconds: float | None) -> int:
        """How many bytes were taken: all, unless there is no time. Raises after it."""
        until = _end_of(seconds)
        rest = memoryview(data)
        while rest:
            rest = rest[self._send(rest) :]
            if not rest or seconds == 0:
                break
            ready = self.writing.wait(_left(until))
            if ready is None:
                break
            if not ready:
                raise SerialTimeoutException("Write timeout")
        return len(data) - len(rest)

    @property
    def in_waiting(self) -> int:
        """Bytes that have come and are not read."""
        return max(0, self._port.sent - self._got)

    @property
    def out_waiting(self) -> int:
        """Bytes that have not left for the module."""
        port = self._port
        return max(0, self._sent - max(port.received, port.taken_back)) + self._uart.input_pending

    def flush(self) -> None:
        """Return when everything has left."""
        while self.out_waiting and not self._port.is_gone:
            time.sleep(_LOOK_AGAIN)

    def set(self, settings: HostSettings) -> None:
        """The host's end is set so, after what was written before."""
        self._call(lambda: self._port.set_host(settings, self._sent))

    def drop_output(self) -> None:
        """What has not left is taken back."""
        self._call(lambda: self._port.take_back(self._sent))

    def drop_input(self) -> None:
        """What has come is thrown away."""
        goal = self._call(self._port.purge)
        while (more := goal - self._got) > 0:
            if not self._receive(min(more, _PIECE)):
                self.reading.wait(_LOOK_AGAIN)

    @property
    def cts(self) -> bool:
        """The module lets the host send."""
        return self._port.cts

    @property
    def ri(self) -> bool:
        """The module rings."""
        return self._port.ri

    def _call(self, call: Callable[[], int | None]) -> int:
        async def work() -> int:
            return call() or 0

        try:
            return self._loop.call(work())
        except RuntimeError as error:
            raise SerialException(f"the module is gone: {error}") from None

    def _receive(self, size: int) -> bytes:
        with self._counting:
            try:
                data = self._ours.recv(size)
            except (BlockingIOError, InterruptedError):
                return b""
            except OSError as error:
                raise SerialException(f"read failed: {error}") from error
            self._got += len(data)
        if not data:
            raise SerialException("read failed: the module is gone")
        return data

    def _send(self, data: memoryview) -> int:
        with self._counting:
            try:
                count = self._ours.send(data)
            except (BlockingIOError, InterruptedError):
                return 0
            except OSError as error:
                raise SerialException(f"write failed: {error}") from error
            self._sent += count
        return count

    def _end(self) -> None:
        try:
            self._loop.end()
        except RuntimeError:  # garbage is collected on any thread, the loop's own too
            self._loop.end_soon()


@asynccontextmanager
async def _module_at(
    end: socket.socket, wanted: TwinWishes, settings: HostSettings
) -> AsyncIterator[tuple[PairPort, Uart]]:
    port = PairPort(f"twin://{wanted.profile.key}", settings)
    try:
        await asyncio.get_running_loop().create_connection(lambda: port, sock=end)
    except BaseException:
        end.close()
        raise
    try:
        async with made_twin(wanted, port) as twin:
            yield port, twin.module.hardware.uart
    finally:
        await port.close()


def _end_of(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - time.monotonic())
