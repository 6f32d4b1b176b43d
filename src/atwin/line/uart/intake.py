"""What comes from the host, until the firmware takes it (docs/spec/uart.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.line.uart.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.line.port import Port

#: Bytes on their way to the module above which the port is not read, and below which it is again.
_MUCH, _LITTLE = 65536, 16384


class Intake:
    """From the port over the line into the receive buffer, which loses what it has no room for.

    `heard` is what the module's receiver makes of bytes; `filled` is called after some have come.
    """

    def __init__(
        self,
        port: Port,
        clock: Clock,
        size: int,
        heard: Callable[[bytes], bytes],
        filled: Callable[[], None],
    ) -> None:
        """`size` of the buffer in bytes."""
        self.lane = Lane(clock, self._arrived)
        self.rx = bytearray()
        self.lost_bytes = 0
        #: Called with the number of bytes that got lost just now.
        self.on_lost: Callable[[int], None] = lambda size: None
        #: Called when `rx` has news; None while no firmware runs.
        self.notify: Callable[[], None] | None = None
        self._port = port
        self._size = size
        self._heard = heard
        self._filled = filled
        self._reading = True

    def put(self, data: bytes) -> None:
        """From the port."""
        self.lane.put(data)
        if self._reading and self.lane.pending > _MUCH:
            self._reading = False
            self._port.pause_reading()

    def purge(self) -> None:
        """The host takes back what has not left it."""
        self.lane.clear()
        self._read_again()

    def _arrived(self, data: bytes) -> None:
        self._read_again()
        if self.notify is None:
            self._lose(len(data))
            return
        self.rx += self._heard(data)
        self.notify()
        excess = len(self.rx) - self._size
        if excess > 0:
            del self.rx[self._size :]
            self._lose(excess)
        self._filled()

    def _lose(self, size: int) -> None:
        self.lost_bytes += size
        self.on_lost(size)

    def _read_again(self) -> None:
        if not self._reading and self.lane.pending < _LITTLE:
            self._reading = True
            self._port.resume_reading()
