"""The UART between the module's firmware and its port.

This is where line time will live: rate, frame, FIFOs and flow control act on the bytes that
pass through here and nowhere else. Unpaced, it still has the one limit every host meets: a
receive buffer that loses what the firmware does not take in time (spec: uart.md §3, §7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.port import Port

#: Bytes the module holds while a command runs (spec: uart.md §3).
RX_BUFFER = 4096


class Uart:
    """The module's side of the line.

    The firmware takes from `rx` what it can use whenever `listen`'s callback is called, and
    leaves the rest there; what then exceeds the buffer is lost, and counted in `lost_bytes`.
    """

    def __init__(self, port: Port, rx_buffer: int = RX_BUFFER) -> None:
        self.port = port
        self.rx = bytearray()
        self.lost_bytes = 0
        self._rx_buffer = rx_buffer
        self._notify: Callable[[], None] | None = None
        port.start(self)

    def listen(self, notify: Callable[[], None] | None) -> None:
        """Call `notify` after bytes came into `rx`; None while no firmware runs: bytes are lost."""
        self._notify = notify
        self.rx.clear()

    def write(self, data: bytes) -> None:
        """Send one whole piece of output."""
        self.port.write(data)

    async def drain(self) -> None:
        """Return when the output has left far enough for more."""
        await self.port.drain()

    def received(self, data: bytes) -> None:
        """From the port: see `Receiver.received`."""
        if self._notify is None:
            self.lost_bytes += len(data)
            return
        self.rx += data
        self._notify()
        excess = len(self.rx) - self._rx_buffer
        if excess > 0:
            del self.rx[self._rx_buffer :]
            self.lost_bytes += excess

    def lost(self, reason: str | None) -> None:
        """From the port: nobody is there any more. A module does not notice that."""
