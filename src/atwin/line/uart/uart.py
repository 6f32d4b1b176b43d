"""The UART between the module's firmware and its port.

Line time lives here: rate, frame, FIFOs and flow control act on the bytes that pass through and
nowhere else (spec: uart.md §3, §5-§7). Without a rate a byte takes no time, and rates and
training mean nothing; the receive buffer and flow control work all the same. A module that can be
stopped then hands its output over in pieces, each when the port has taken the one before.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.line.frame import Flow, Frame, HostSettings, ReceiveError, UartSettings
from atwin.line.port import FollowingPort, TellingPort
from atwin.line.uart.flow import HostStop, ModuleStop
from atwin.line.uart.host_receiver import XOFF_BYTES, HostFifo, HostReceiver
from atwin.line.uart.intake import Intake
from atwin.line.uart.lane import Lane
from atwin.line.uart.rates import Rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.line.port import Port
    from atwin.line.uart.loss import Loss

__all__ = ["RX_BUFFER", "Uart", "UartSettings"]

#: Bytes the module holds while a command runs (spec: uart.md §3).
RX_BUFFER = 4096


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
        self.mode = UartSettings()
        #: What loses bytes on the way to the host.
        self.losses: list[Loss] = []
        self._line_lost = 0
        #: Called with RTS and DTR of the host after either changed; see `HostSettings`.
        self.on_outputs: Callable[[bool | None, bool | None], None] = lambda rts, dtr: None
        self._clock = clock
        self._paced = baud is not None
        self._coming: deque[UartSettings] = deque()
        self._host_settings = HostSettings()
        self._port_settings = HostSettings()
        self._forced: dict[str, bool] = {}
        self._rts_stops = rts_stops
        self._rates = Rates(baud, seed)
        self._intake = Intake(port, clock, rx_buffer, self._heard, self.taken)
        self.rx = self._intake.rx
        self._in = self._intake.lane
        self._out = Lane(clock, self._left)
        self._module_stop = ModuleStop(self._out)
        self._host_side: HostReceiver | None = None
        if host_fifo is not None:
            self._host_side = HostReceiver(clock, host_fifo, port.write, self._host_side_stops)
            self._out.largest = self._host_side.largest
        self._host_stop = HostStop(
            self._in, self._out, rx_buffer, self._show_cts, modelled=host_fifo is not None
        )
        if isinstance(port, TellingPort):
            port.on_host_settings = self.host_changed
            port.on_purge = self._purge
            self.host_changed(port.host_settings)
        self._set_byte_times()
        port.start(self)

    # --- the firmware's side --------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the module knows the rate to speak at; before that it says nothing."""
        if not self._paced or self._last_mode.rate != 0:
            return True
        return self.mode.rate == 0 and self._rates.trained

    @property
    def lost_bytes(self) -> int:
        """Bytes of the host lost because no firmware ran, or the buffer was full."""
        return self._intake.lost_bytes

    @property
    def host_lost_bytes(self) -> int:
        """Bytes lost on the way to the host, or in its modelled receiver."""
        return self._line_lost + (0 if self._host_side is None else self._host_side.lost_bytes)

    @property
    def sent_bytes(self) -> int:
        """Bytes that have left for the host, the lost ones included."""
        return self._out.total

    @property
    def received_bytes(self) -> int:
        """Bytes that have come from the host, the lost ones included."""
        return self._in.total

    @property
    def host_settings(self) -> HostSettings:
        """The host's side, as far as it is known."""
        return replace(
            self._host_settings, rate=self._rates.host_rate, frame=self._rates.host_frame
        )

    @property
    def rate(self) -> int | None:
        """The module's bit/s; None on a line without line time."""
        return self._rates.rate if self._paced else None

    @property
    def input_pending(self) -> int:
        """Bytes on their way to the module, or waiting at the host for it."""
        return self._in.pending

    @property
    def cts(self) -> bool:
        """The module's CTS output: the host may send."""
        return self._host_stop.cts

    def listen(self, notify: Callable[[], None] | None) -> None:
        """Call `notify` after bytes came into `rx`; None while no firmware runs: bytes are lost."""
        self._intake.notify = notify
        self.rx.clear()
        self.taken()

    def taken(self) -> None:
        """The firmware took from `rx` what it can use for now."""
        self._host_stop.level(len(self.rx))

    def boot(self, mode: UartSettings, *, trained: bool) -> None:
        """The firmware starts with the saved `mode`; auto-baud begins anew unless `trained`."""
        self._coming.clear()
        self._out.call_off()
        self._module_stop.forget_xoff()
        self._rates.set(mode.rate, mode.frame)
        self._rates.look_for_rate(trained=trained)
        self._set_mode(mode)

    def configure(self, mode: UartSettings) -> None:
        """Change over when what has been written so far has left.

        Another flow control does not wait for a line that is held: what holds it may be a wire
        that is not there, and AT+IFC=0,0 is the way out.
        """
        if mode == self._last_mode:
            return
        if self._out.held:
            self._coming = deque(coming.with_flow_of(mode) for coming in self._coming)
            self._set_mode(self.mode.with_flow_of(mode))
        self._coming.append(mode)
        self._out.after(self._change)

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

    @property
    def _last_mode(self) -> UartSettings:
        """The mode behind everything written so far."""
        return self._coming[-1] if self._coming else self.mode

    def _change(self) -> None:
        self._in.settle()  # what the module has received by now came at its old rate
        self._set_mode(self._coming.popleft())

    def _set_mode(self, mode: UartSettings) -> None:
        self.mode = mode
        self._rates.set(mode.rate, mode.frame)
        if not isinstance(self.port, TellingPort) and self._paced and mode.rate:
            # Nobody can tell the host's rate there, so it is not the one thing that is wrong.
            self._rates.host_rate = mode.rate
        self._set_byte_times()
        if isinstance(self.port, FollowingPort) and mode.rate:
            self.port.follow(mode.rate, to_host=mode.to_host, to_module=mode.to_module)
        stoppable = mode.to_host is not Flow.NONE
        self._out.room = self.port.drain if stoppable and not self._paced else None
        self._module_stop.set(mode.to_host)
        self._host_stop.set(mode.to_module, len(self.rx))

    def _set_byte_times(self) -> None:
        if self._paced:
            self._out.byte_time = self._rates.byte_time
            self._in.byte_time = self._rates.host_byte_time

    # --- the line -------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        self._intake.put(data)

    def lost(self, reason: str | None) -> None:
        """From the port: nobody is there any more. A module does not notice that."""

    def _heard(self, data: bytes) -> bytes:
        """Input has come to the module's end of the line."""
        if self._paced:
            data = self._rates.at_module(data)
            self._set_byte_times()  # that may have been the training
        return self._module_stop.obeyed(data)

    def _left(self, data: bytes) -> None:
        """Output has come to the host's end of the line."""
        if self._paced and not self._rates.host_understands:
            data = self._rates.noise_at_host(data)
            self._show_host(ReceiveError.FRAMING)
        for loss in tuple(self.losses):
            sent, data = len(data), loss.of(data)
            self._line_lost += sent - len(data)
        data = self._host_stop.obeyed(data)
        if not data:
            return
        if self._host_side is None:
            self.port.write(data)
            return
        lost = self._host_side.lost_bytes
        self._host_side.arrived(data)
        if self._host_side.lost_bytes > lost:
            self._show_host(ReceiveError.OVERRUN)

    # --- the host's side ------------------------------------------------------------------------

    def host_changed(self, line: HostSettings) -> None:
        """The host set its side anew; a rate counts only where line time is modelled.

        Its outputs and what it obeys change at once, its rate and frame behind what it wrote.
        """
        self._port_settings = line
        before = self._host_settings
        rts, dtr = self._forced.get("rts", line.rts), self._forced.get("dtr", line.dtr)
        self._host_settings = replace(line, rts=rts, dtr=dtr)
        self._module_stop.rts(rts is not False or not self._rts_stops)
        self._host_stop.host_set(obeys_cts=line.obeys_cts, obeys_xoff=line.obeys_xoff)
        self._in.after(partial(self._set_host_rate, line.rate, line.frame))
        if (rts, dtr) != (before.rts, before.dtr):
            self.on_outputs(rts, dtr)

    def drive(self, output: str, on: bool | None) -> None:
        """Set `rts` or `dtr` of the host, whatever the port says; None: as the port says again."""
        if on is None:
            self._forced.pop(output, None)
        else:
            self._forced[output] = on
        self.host_changed(self._port_settings)

    def _set_host_rate(self, rate: int | None, frame: Frame | None) -> None:
        self._out.settle()  # what the host has received by now came at its old rate
        self._rates.host_rate = rate or self._rates.host_rate
        self._rates.host_frame = frame
        self._set_byte_times()

    def _purge(self, received: bool, unsent: bool) -> None:
        if received and self._host_side is not None:
            self._host_side.purge()
        if unsent:
            self._intake.purge()
            self._set_host_rate(self._port_settings.rate, self._port_settings.frame)

    def _host_side_stops(self, stop: bool) -> None:
        """The modelled receiver is nearly full, or has room again."""
        self._module_stop.has_room(not stop)
        # Its XOFF is one more byte on the line to the module.
        delay = XOFF_BYTES * self._in.byte_time
        self._clock.call_later(delay, partial(self._module_stop.xoff, stop))

    def _show_cts(self, on: bool) -> None:
        if isinstance(self.port, TellingPort):
            self.port.show_cts(on)

    def _show_host(self, error: ReceiveError) -> None:
        if isinstance(self.port, TellingPort):
            self.port.show_error(error)
