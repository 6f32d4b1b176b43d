"""The UART between the module's firmware and its port.

Line time lives here: rate, frame, FIFOs and flow control act on the bytes that pass through and
nowhere else (spec: uart.md §3, §5-§7). Without a rate a byte takes no time, and rates and
training mean nothing; the receive buffer and flow control work all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.line.frame import FASTEST_AUTO, ROM_RATE, XOFF, XON, Flow, Frame, same_rate
from atwin.line.host_line import DevicePort, HostLine, LineError, LinePort
from atwin.line.host_side import HostFifo, HostSide
from atwin.line.lane import UNLIMITED, Lane
from atwin.line.noise import Noise
from atwin.line.training import Training

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.line.port import Port

#: Bytes the module holds while a command runs (spec: uart.md §3).
RX_BUFFER = 4096

#: Parts of the receive buffer at which the host is stopped, and may go on (spec: uart.md §7).
_HIGH, _LOW = 0.75, 0.25
#: Part of the receive buffer one delivery may fill when the host can be stopped.
_PIECE = 0.125

#: Bytes on their way to the module above which the port is not read, and below which it is again.
_MUCH_INPUT, _LITTLE_INPUT = 65536, 16384


@dataclass(frozen=True, slots=True)
class LineMode:
    """What AT+IPR, AT+ICF and AT+IFC set: bit/s (0 is auto-baud), frame, flow control.

    `to_host` is what stops the module, `to_module` what the module stops the host with.
    """

    rate: int = 0
    frame: Frame = field(default_factory=Frame)
    to_host: Flow = Flow.NONE
    to_module: Flow = Flow.NONE


class Uart:
    """The module's side of the line.

    The firmware takes from `rx` what it can use whenever `listen`'s callback is called, and
    leaves the rest there; what then exceeds the buffer is lost, and counted in `lost_bytes`.
    `baud` is the host's rate in bit/s where the port does not tell another, and None for a line
    without line time; `host_fifo` puts a modelled receiver on the host's side. `rts_stops`: the
    host's RTS goes to the module's RTS input, as flow control wants it.
    """

    def __init__(
        self,
        port: Port,
        clock: Clock | None = None,
        *,
        baud: int | None = None,
        host_fifo: HostFifo | None = None,
        rx_buffer: int = RX_BUFFER,
        rts_stops: bool = True,
        seed: int = 0,
    ) -> None:
        clock = clock or LoopClock()
        self.port = port
        self.rx = bytearray()
        self.lost_bytes = 0
        self.mode = LineMode()
        self._wanted = self.mode
        self._clock = clock
        self._paced = baud is not None
        self._port_line = HostLine()
        self._forced: dict[str, bool] = {}
        self._host_line = HostLine(baud)
        self._rts_stops = rts_stops
        #: Called with RTS and DTR of the host after either changed; see `HostLine`.
        self.on_outputs: Callable[[bool | None, bool | None], None] = lambda rts, dtr: None
        self._rx_buffer = rx_buffer
        self._noise = Noise(seed)
        self._notify: Callable[[], None] | None = None
        self._training = Training(found=True)
        self._trained: int | None = None
        self._stopped = False  # the host, by us
        self._reading = True
        self._xoff = False
        self._host_side_ready = True
        self._in = Lane(clock, self._arrived)
        self._host_side: HostSide | None = None
        self._out = Lane(clock, self._left)
        if host_fifo is not None:
            self._host_side = HostSide(clock, host_fifo, port.write, self._host_side_stops)
            self._out.largest = self._host_side.largest
        if isinstance(port, LinePort):
            port.on_host_line = self.host_changed
            port.on_purge = self._purge
            self.host_changed(port.host_line)
        self._set_byte_times()
        port.start(self)

    # --- the firmware's side --------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the module knows the rate to speak at; before that it says nothing."""
        return not self._paced or self.mode.rate != 0 or self._training.found

    @property
    def host_lost_bytes(self) -> int:
        """Bytes lost in the modelled receiver of the host."""
        return 0 if self._host_side is None else self._host_side.lost_bytes

    @property
    def sent_bytes(self) -> int:
        """Bytes that have left for the host, the lost ones included."""
        return self._out.total

    @property
    def received_bytes(self) -> int:
        """Bytes that have come from the host, the lost ones included."""
        return self._in.total

    @property
    def host_line(self) -> HostLine:
        """The host's side, as far as it is known."""
        return self._host_line

    @property
    def rate(self) -> int | None:
        """The module's bit/s; None on a line without line time."""
        return self._rate if self._paced else None

    @property
    def input_pending(self) -> int:
        """Bytes on their way to the module, or waiting at the host for it."""
        return self._in.pending

    @property
    def cts(self) -> bool:
        """The module's CTS output: the host may send."""
        return not (self._stopped and self.mode.to_module is Flow.HARDWARE)

    def listen(self, notify: Callable[[], None] | None) -> None:
        """Call `notify` after bytes came into `rx`; None while no firmware runs: bytes are lost."""
        self._notify = notify
        self.rx.clear()
        self.taken()

    def taken(self) -> None:
        """The firmware took from `rx` what it can use for now."""
        if self._stopped and len(self.rx) <= _LOW * self._rx_buffer:
            self._let_host_go_on()

    def boot(self, mode: LineMode, *, trained: bool) -> None:
        """The firmware starts with the saved `mode`; auto-baud begins anew unless `trained`."""
        self._training = Training(found=trained)
        self._trained = None
        self._xoff = False
        self._wanted = mode
        self._set_mode(mode)

    def configure(self, mode: LineMode) -> None:
        """Change over when what has been written so far has left."""
        if mode != self._wanted:
            self._wanted = mode
            self._out.after(lambda: self._set_mode(mode))

    def write(self, data: bytes) -> None:
        """Send one whole piece of output."""
        self._out.put(data)

    async def drain(self) -> None:
        """Return when the output has left, and the port has taken enough for more."""
        await self._out.drain()
        await self.port.drain()

    def cut(self) -> None:
        """Power or RESET ended everything: what has not left yet never will."""
        self._out.clear()

    # --- the host's side ------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """From the port: see `Receiver.received`."""
        self._in.put(data)
        if self._reading and self._in.pending > _MUCH_INPUT:
            self._reading = False
            self.port.pause_reading()

    def _left(self, data: bytes) -> None:
        """Output has come to the host's end of the line."""
        if self._paced and not self._understood_by_host():
            data = self._noise.of(data, self._rate, self._host_line.rate or self._rate)
            self._show_host(LineError.FRAMING)
        if self._host_side is None:
            self.port.write(data)
            return
        lost = self._host_side.lost_bytes
        self._host_side.arrived(data)
        if self._host_side.lost_bytes > lost:
            self._show_host(LineError.OVERRUN)

    def _show_host(self, error: LineError) -> None:
        if isinstance(self.port, LinePort):
            self.port.show_error(error)

    def lost(self, reason: str | None) -> None:
        """From the port: nobody is there any more. A module does not notice that."""

    def host_changed(self, line: HostLine) -> None:
        """The host set its side anew; a rate counts only where line time is modelled."""
        self._port_line = line
        before = self._host_line
        self._host_line = replace(
            line,
            rate=line.rate or before.rate,
            rts=self._forced.get("rts", line.rts),
            dtr=self._forced.get("dtr", line.dtr),
        )
        self._set_byte_times()
        self._gate()
        self._stop_or_release()
        if (self._host_line.rts, self._host_line.dtr) != (before.rts, before.dtr):
            self.on_outputs(self._host_line.rts, self._host_line.dtr)

    def drive(self, output: str, on: bool | None) -> None:
        """Set `rts` or `dtr` of the host, whatever the port says; None: as the port says again."""
        if on is None:
            self._forced.pop(output, None)
        else:
            self._forced[output] = on
        self.host_changed(self._port_line)

    def _purge(self, received: bool, unsent: bool) -> None:
        if received and self._host_side is not None:
            self._host_side.purge()
        if unsent:
            self._in.clear()
            self._read_again()

    # --- rate -----------------------------------------------------------------------------------

    @property
    def _rate(self) -> int:
        """The module's bit/s; before training it is the mask ROM that speaks."""
        followed = self._host_line.rate if self._training.found else None
        return self.mode.rate or self._trained or followed or ROM_RATE

    @property
    def _host_frame(self) -> Frame:
        return self._host_line.frame or self.mode.frame

    def _same_rate(self) -> bool:
        return self._host_line.rate is None or same_rate(self._host_line.rate, self._rate)

    def _understood_by_host(self) -> bool:
        return self._same_rate() and self._host_frame.understands(self.mode.frame)

    def _set_mode(self, mode: LineMode) -> None:
        self.mode = mode
        if mode.to_host is not Flow.SOFTWARE:
            self._xoff = False
        stoppable = mode.to_module is not Flow.NONE
        self._in.largest = int(_PIECE * self._rx_buffer) if stoppable else UNLIMITED
        if not isinstance(self.port, LinePort) and self._host_line.rate is not None and mode.rate:
            # Nobody can tell the host's rate there, so it is not the one thing that is wrong.
            self._host_line = replace(self._host_line, rate=mode.rate)
        self._set_byte_times()
        if isinstance(self.port, DevicePort) and mode.rate:
            self.port.follow(mode.rate, to_host=mode.to_host, to_module=mode.to_module)
        self._gate()
        if self._stopped and mode.to_module is Flow.NONE:
            self._let_host_go_on()

    def _set_byte_times(self) -> None:
        if self._paced:
            self._out.byte_time = self.mode.frame.bits / self._rate
            self._in.byte_time = self._host_frame.bits / (self._host_line.rate or self._rate)

    # --- input ----------------------------------------------------------------------------------

    def _arrived(self, data: bytes) -> None:
        self._read_again()
        if self._notify is None:
            self.lost_bytes += len(data)
            return
        if self._paced:
            data = self._understood(data)
        if self.mode.to_host is Flow.SOFTWARE and (XON in data or XOFF in data):
            data = self._obey(data)
        self.rx += data
        self._notify()
        excess = len(self.rx) - self._rx_buffer
        if excess > 0:
            del self.rx[self._rx_buffer :]
            self.lost_bytes += excess
        if self.mode.to_module is not Flow.NONE and len(self.rx) >= _HIGH * self._rx_buffer:
            self._stop_host()

    def _read_again(self) -> None:
        if not self._reading and self._in.pending < _LITTLE_INPUT:
            self._reading = True
            self.port.resume_reading()

    def _understood(self, data: bytes) -> bytes:
        """What the module's receiver makes of `data` at its rate."""
        if self.mode.rate == 0 and self._trained is None:
            if not self._training.found:
                data = self._training.take(self._sampled(data))
            if self._training.found:
                self._trained = self._host_line.rate
                self._set_byte_times()
        elif not (self._same_rate() and self.mode.frame.understands(self._host_frame)):
            data = self._noise.of(data, self._host_line.rate or self._rate, self._rate)
        return data

    def _sampled(self, data: bytes) -> bytes:
        """What auto-baud sees, before it knows the rate: it is too slow for the fastest ones."""
        rate = self._host_line.rate or ROM_RATE
        return data if rate <= FASTEST_AUTO else self._noise.of(data, rate, FASTEST_AUTO)

    def _obey(self, data: bytes) -> bytes:
        """Act on XON and XOFF, and take them out, also inside data (spec: uart.md §7)."""
        self._xoff = data.rfind(XOFF) > data.rfind(XON)
        self._gate()
        return data.translate(None, XON + XOFF)

    # --- flow control ---------------------------------------------------------------------------

    def _gate(self) -> None:
        """Hold or release the output."""
        match self.mode.to_host:
            case Flow.HARDWARE:
                stop = not self._host_side_ready or (
                    self._rts_stops and self._host_line.rts is False
                )
            case Flow.SOFTWARE:
                stop = self._xoff
            case _:
                stop = False
        if stop:
            self._out.hold()
        else:
            self._out.release()

    def _stop_host(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._tell_host(XOFF)

    def _let_host_go_on(self) -> None:
        self._stopped = False
        self._tell_host(XON)

    @property
    def _host_obeys_xoff(self) -> bool:
        return self._host_side is not None or self._host_line.obeys_xoff

    def _tell_host(self, character: bytes) -> None:
        if self.mode.to_module is Flow.SOFTWARE and not self._host_obeys_xoff:
            self._out.put_first(character)
        elif isinstance(self.port, LinePort):
            self.port.show_cts(self.cts)
        self._stop_or_release()

    def _stop_or_release(self) -> None:
        """Stop the host's transmitter if it is one that listens to us."""
        match self.mode.to_module:
            case Flow.HARDWARE:
                obeys = self._host_line.obeys_cts
            case Flow.SOFTWARE:
                obeys = self._host_obeys_xoff
            case _:
                obeys = False
        if self._stopped and obeys:
            self._in.hold()
        else:
            self._in.release()

    def _host_side_stops(self, stop: bool) -> None:
        """The modelled receiver is nearly full, or has room again."""
        self._host_side_ready = not stop
        if self.mode.to_host is Flow.SOFTWARE:
            # Its XOFF is one more byte on the line to the module.
            self._clock.call_later(2 * self._in.byte_time, self._host_side_said)
        else:
            self._gate()

    def _host_side_said(self) -> None:
        self._xoff = not self._host_side_ready
        self._gate()
