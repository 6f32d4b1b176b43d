"""The two ways over the line, in from the host and out to it (docs/spec/uart.md §3)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from atwin.line.frame import XOFF, XON, ReceiveError
from atwin.line.port import ExpectedPort, ShortPort
from atwin.line.uart.flow import ModuleStop
from atwin.line.uart.host_receiver import XOFF_BYTES, HostFifo, HostReceiver
from atwin.line.uart.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.line.port import Port
    from atwin.line.traced import LineTrace
    from atwin.line.uart.loss import Loss
    from atwin.line.uart.rates import Rates

#: Bytes on their way to the module above which the port is not read, unless it says fewer; it is
#: again below a quarter of that.
_MUCH = 65536


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
        self._much = port.most_waiting if isinstance(port, ShortPort) else _MUCH
        self._size = size
        self._heard = heard
        self._filled = filled
        self._reading = True

    def put(self, data: bytes) -> None:
        """From the port."""
        arrived = self.lane.put(data)
        if not arrived and self._reading and self.lane.pending > self._much:
            self._reading = False
            self._port.pause_reading()

    def purge(self) -> None:
        """The host takes back what has not left it."""
        self.lane.clear()
        if not self._reading:
            self._read_again()

    def lose_all(self) -> None:
        """Nobody takes what is in the buffer."""
        self._lose(len(self.rx))
        self.rx.clear()

    def _arrived(self, data: bytes) -> None:
        if not self._reading:
            self._read_again()
        if self.notify is None:
            self._lose(len(data))
            return
        self.rx += self._heard(data)
        self.notify()
        if self.rx:
            excess = len(self.rx) - self._size
            if excess > 0:
                del self.rx[self._size :]
                self._lose(excess)
            self._filled()

    def _lose(self, size: int) -> None:
        self.lost_bytes += size
        self.on_lost(size)

    def _read_again(self) -> None:
        if self.lane.pending < self._much // 4:
            self._reading = True
            self._port.resume_reading()


class Output:
    """From the firmware over the line, through what gets lost, into the receiver of the host.

    `obeyed` is what the host's port takes out of the bytes, and acts on.
    """

    def __init__(
        self,
        port: Port,
        clock: Clock,
        rates: Rates,
        fifo: HostFifo | None,
        show_error: Callable[[ReceiveError], None],
    ) -> None:
        self.lane = Lane(clock, self._left)
        self.stop = ModuleStop(self.lane)
        self.obeyed: Callable[[bytes], bytes] = bytes
        self.watch: LineTrace | None = None
        self._clock = clock
        self._rates = rates
        self._show_error = show_error
        self._port = port
        self._write_now = port.write_now if isinstance(port, ExpectedPort) else port.write
        self._losses: list[Loss] = []
        self._vanished = 0
        self._receiver: HostReceiver | None = None
        if fifo is not None:
            self._receiver = HostReceiver(clock, fifo, port.write, self._receiver_stops)
            self.lane.largest = self._receiver.largest

    @property
    def lost_bytes(self) -> int:
        """Bytes lost on the way, or in the modelled receiver."""
        return self._vanished + (0 if self._receiver is None else self._receiver.lost_bytes)

    def expected(self, size: int) -> None:
        """The host can use the next `size` bytes only together.

        Where somebody watches the bytes on their way, nothing changes.
        """
        if not self._losses and self.watch is None:
            self.lane.together(size)

    def add_loss(self, loss: Loss) -> None:
        """From now on `loss` decides what gets lost on the way."""
        self.lane.together(0)
        self._losses.append(loss)

    def remove_loss(self, loss: Loss) -> None:
        """No more."""
        self.lane.settle()
        self._losses.remove(loss)

    def purge(self) -> None:
        """The host's program throws away what it has not read."""
        if self._receiver is not None:
            self._receiver.purge()

    def _left(self, data: bytes) -> None:
        """Output has come to the host's end of the line."""
        watch = self.watch
        if watch is not None:
            hear = watch.to_host
            hear(data)
        vanished, overrun = self._vanished, 0
        if self._rates.paced and not self._rates.host_understands:
            data = self._rates.noise_at_host(data)
            self._show_error(ReceiveError.FRAMING)
        for loss in tuple(self._losses):
            sent, data = len(data), loss.of(data)
            self._vanished += sent - len(data)
        if XON in data or XOFF in data:
            data = self.obeyed(data)
        if self._receiver is not None:
            overrun = self._put_into(self._receiver, data)
        elif data:
            write = self._write_now if self.lane.is_due else self._port.write
            write(data)
        if watch is not None and (lost := self._vanished - vanished + overrun):
            watch.lost("to the host", lost)

    def _put_into(self, receiver: HostReceiver, data: bytes) -> int:
        """Bytes that it had no room for."""
        lost = receiver.lost_bytes
        if data:
            receiver.arrived(data)
        if overrun := receiver.lost_bytes - lost:
            self._show_error(ReceiveError.OVERRUN)
        return overrun

    def _receiver_stops(self, stop: bool) -> None:
        """The modelled receiver is nearly full, or has room again."""
        self.stop.has_room(not stop)
        # Its XOFF is one more byte on the line to the module.
        delay = XOFF_BYTES * self._rates.host_byte_time
        self._clock.call_later(delay, partial(self.stop.xoff, stop))
