"""A model of the microcontroller's receiver: a FIFO that its program empties at some speed.

What arrives while the FIFO is full is lost, silently, as on a wire; unless flow control stops
the module before that (docs/spec/uart.md §7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.line.uart.lane import FIFO, Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock

#: Bytes that pass on the line until an XOFF has been received, the one under way included.
XOFF_BYTES = 2
#: Parts of the FIFO at which the host's UART stops the module, and lets it go on.
_HIGH, _LOW = 0.75, 0.25


@dataclass(frozen=True, slots=True)
class HostFifo:
    """`size` in bytes, at least 1; `drain` in bytes per second, above 0.

    A small one loses bytes in spite of flow control, as on real hardware: a module still sends the
    16 bytes in its own FIFO after RTS went off, two more come before an XOFF has reached it, and
    the quarter of `size` above the high-water mark has to hold them. A slow host is safe from 64
    bytes on with RTS, and from 72 on with XOFF.
    """

    size: int
    drain: float


class HostReceiver:
    """The receiver between the module's output and the host's program.

    `stop` is called with True at the high-water mark and with False at the low one.
    """

    def __init__(
        self,
        clock: Clock,
        fifo: HostFifo,
        deliver: Callable[[bytes], None],
        stop: Callable[[bool], None],
    ) -> None:
        #: Bytes lost because the FIFO was full.
        self.lost_bytes = 0
        #: Largest piece the line may bring at once and be stopped in time.
        self.largest = max(1, min(fifo.size // 16, fifo.size // 4 - FIFO - XOFF_BYTES + 1))
        self._size = fifo.size
        self._deliver = deliver
        self._stop = stop
        self._stopped = False
        self._fifo = Lane(clock, self._read)
        self._fifo.byte_time = 1 / fifo.drain

    def arrived(self, data: bytes) -> None:
        """From the line."""
        self._fifo.settle()
        room = self._size - self._fifo.pending
        if len(data) > room:
            self.lost_bytes += len(data) - room
            data = data[:room]
        if data:
            self._fifo.put(data)
        if not self._stopped and self._fifo.pending >= _HIGH * self._size:
            self._stopped = True
            self._stop(True)

    def purge(self) -> None:
        """The host's program throws away what it has not read."""
        self._fifo.clear()
        self._go_on()

    def _read(self, data: bytes) -> None:
        self._deliver(data)
        self._go_on()

    def _go_on(self) -> None:
        if self._stopped and self._fifo.pending <= _LOW * self._size:
            self._stopped = False
            self._stop(False)
