"""The UART between the module's firmware and its port.

Line time lives here: rate, frame, FIFOs and flow control act on the bytes that pass through and
nowhere else (docs/spec/uart.md §3, §5-§7). The rules:

- Each direction is a `Lane`, which hands bytes over when their last bit would have arrived. Without
  a rate (`Rates.paced`) a byte takes no time and everything is understood; buffer and flow control
  work all the same. A module that can be stopped then hands its output over in pieces, each when
  the port has taken the one before.
- A setting changes between two bytes. Those of the module (`Changes`) wait for what was written
  before them; the host's rate and frame wait for what the host wrote before; its outputs, and what
  it obeys, change at once.
- `ModuleStop` and `HostStop` alone hold the lanes. XON and XOFF pass whatever is held, and never
  reach firmware or program of an end that obeys them.
- Bytes get lost in three places, each counted: `Intake` (no firmware, or 4096 bytes are waiting),
  `Loss` on the line (faults), and the modelled receiver of the host.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.line.frame import Flow, Frame, HostSettings, ReceiveError, UartSettings
from atwin.line.port import ExpectedPort, FollowingPort, RoomyPort, TellingPort
from atwin.line.uart.flow import HostStop
from atwin.line.uart.rates import Rates
from atwin.line.uart.ways import Intake, Output

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.line.port import Port
    from atwin.line.traced import LineTrace
    from atwin.line.uart.host_receiver import HostFifo
    from atwin.line.uart.lane import Lane

#: Bytes the module holds while a command runs (docs/spec/uart.md §3).
RX_BUFFER = 4096


class Changes:
    """The module's settings, each in force from the moment what was written before it has left.

    `settle` is called before, `apply` at each change.
    """

    def __init__(
        self, output: Lane, settle: Callable[[], None], apply: Callable[[UartSettings], None]
    ) -> None:
        self.now = UartSettings()
        self._output = output
        self._settle = settle
        self._apply = apply
        self._coming: list[UartSettings] = []

    @property
    def last(self) -> UartSettings:
        """The settings after everything written so far."""
        return self._coming[-1] if self._coming else self.now

    def forget(self) -> None:
        """No change is to come."""
        self._coming.clear()
        self._output.call_off()

    def add(self, settings: UartSettings) -> None:
        """Change over when what has been written so far has left.

        Another flow control does not wait for a line that is held: what holds it may be a wire
        that is not there, and AT+IFC=0,0 is the way out.
        """
        if settings == self.last:
            return
        if self._output.held:
            self._coming = [coming.with_flow_of(settings) for coming in self._coming]
            self.set(self.now.with_flow_of(settings))
        self._coming.append(settings)
        self._output.after(self._next)

    def set(self, settings: UartSettings) -> None:
        """Now."""
        self.now = settings
        self._apply(settings)

    def _next(self) -> None:
        self._settle()
        self.set(self._coming.pop(0))


class HostEnd:
    """What the host has set on its port: as the port tells it, and whoever drives its outputs."""

    def __init__(self) -> None:
        self.told = HostSettings()
        self.settings = HostSettings()
        #: Called with RTS and DTR after either changed; see `HostSettings`.
        self.on_outputs: Callable[[bool | None, bool | None], None] = lambda rts, dtr: None
        self._driven: dict[str, bool] = {}

    def tell(self, told: HostSettings) -> HostSettings:
        """The port's word; gives the settings before."""
        before, self.told = self.settings, told
        self.settings = replace(
            told, rts=self._driven.get("rts", told.rts), dtr=self._driven.get("dtr", told.dtr)
        )
        return before

    def tell_outputs(self) -> None:
        """Say again what RTS and DTR are."""
        self.on_outputs(self.settings.rts, self.settings.dtr)

    def drive(self, output: str, on: bool | None) -> None:
        """`rts` or `dtr` whatever the port says; None: as the port says again."""
        if on is None:
            self._driven.pop(output, None)
        else:
            self._driven[output] = on


class Uart:
    """The module's side of the line.

    The firmware takes from `rx` what it can use whenever `listen`'s callback is called, and
    leaves the rest there; what then exceeds the buffer is lost, and counted in `lost_bytes`.
    `baud` is the host's rate in bit/s where the port does not tell another, and None for a line
    without line time; `host_fifo` puts a modelled receiver on the host's side. `rts_stops`: the
    host's RTS goes to the module's RTS input, as flow control wants it. `watch` hears what passes.
    """

    #: See `ReadyReceiver`.
    at_once = True

    def __init__(
        self,
        port: Port,
        clock: Clock | None = None,
        *,
        baud: int | None = None,
        host_fifo: HostFifo | None = None,
        rts_stops: bool = True,
        seed: int = 0,
        watch: LineTrace | None = None,
    ) -> None:
        clock = clock or LoopClock()
        self.port = port
        self.watch = watch
        self._hear = None if watch is None else watch.to_module
        self.host = HostEnd()
        self._rts_stops = rts_stops
        self._telling = port if isinstance(port, TellingPort) else None
        self._rates = Rates(baud, seed)
        self._intake = Intake(port, clock, RX_BUFFER, self._heard, self.taken)
        self.output = Output(port, clock, self._rates, host_fifo, self._show_error)
        #: From the port; see `Receiver`.
        self.received: Callable[[bytes], None] = self._intake.put
        #: Send one whole piece of output.
        self.write: Callable[[bytes], object] = self.output.lane.put
        self._host_stop = HostStop(
            self._intake.lane,
            self.output.lane,
            RX_BUFFER,
            self._show_cts,
            modelled=host_fifo is not None,
        )
        self.output.obeyed = self._host_stop.obeyed
        self._changes = Changes(self.output.lane, self._intake.lane.settle, self._set_module)
        if watch is not None:
            self._watch(watch)
        if self._telling is not None:
            self._telling.on_host_settings = self.host_changed
            self._telling.on_purge = self._purge
            self.host_changed(self._telling.host_settings)
        if isinstance(port, ExpectedPort):
            port.on_expect = self.output.expected
        if isinstance(port, RoomyPort):
            self.output.lane.piece = port.piece
        self._set_byte_times()
        port.start(self)

    # --- the firmware's side --------------------------------------------------------------------

    @property
    def rx(self) -> bytearray:
        """What has come for the firmware, and it has not taken."""
        return self._intake.rx

    @property
    def mode(self) -> UartSettings:
        """The module's settings in force."""
        return self._changes.now

    @property
    def ready(self) -> bool:
        """Whether the module knows the rate to speak at; before that it says nothing."""
        if not self._rates.paced or self._changes.last.rate != 0:
            return True
        return self.mode.rate == 0 and self._rates.trained

    @property
    def lost_bytes(self) -> int:
        """Bytes of the host lost because no firmware ran, or the buffer was full."""
        return self._intake.lost_bytes

    @property
    def host_lost_bytes(self) -> int:
        """Bytes lost on the way to the host, or in its modelled receiver."""
        return self.output.lost_bytes

    @property
    def sent_bytes(self) -> int:
        """Bytes that have left for the host, the lost ones included."""
        return self.output.lane.total

    @property
    def received_bytes(self) -> int:
        """Bytes that have come from the host, the lost ones included."""
        return self._intake.lane.total

    @property
    def written_bytes(self) -> int:
        """Bytes that have left for the host or are about to."""
        return self.output.lane.total + self.output.lane.pending

    @property
    def host_settings(self) -> HostSettings:
        """The host's side, as far as it is known."""
        rates = self._rates
        return replace(self.host.settings, rate=rates.host_rate, frame=rates.host_frame)

    @property
    def rate(self) -> int | None:
        """The module's bit/s; None on a line without line time."""
        return self._rates.rate if self._rates.paced else None

    @property
    def input_pending(self) -> int:
        """Bytes on their way to the module, or waiting at the host for it."""
        return self._intake.lane.pending

    @property
    def cts(self) -> bool:
        """The module's CTS output: the host may send."""
        return self._host_stop.cts

    @property
    def module_stopped(self) -> Flow | None:
        """By which flow control the module is held up now; None while it is not."""
        return self.output.stop.flow if self.output.lane.held else None

    @property
    def host_stopped(self) -> Flow | None:
        """By which flow control the host is told to stop now; None while it is not."""
        return self._host_stop.stops_by

    def tell(self, hears: Callable[[str], None]) -> None:
        """Call that with a line when auto-baud has found a rate, and when a host has another."""
        self._rates.tell = hears

    def listen(self, notify: Callable[[], None] | None) -> None:
        """Call `notify` after bytes came into `rx`; None while no firmware runs: bytes are lost."""
        self._intake.notify = notify
        self.rx.clear()
        self.taken()

    def notify(self, call: Callable[[], None]) -> None:
        """Call that after bytes came into `rx` instead of what `listen` was given."""
        self._intake.notify = call

    def lose(self) -> None:
        """What has come is lost: the module sleeps."""
        self._intake.lose_all()
        self.taken()

    def taken(self) -> None:
        """The firmware took from `rx` what it can use for now."""
        if self._changes.now.to_module is not Flow.NONE:
            self._host_stop.level(len(self.rx))

    def boot(self, mode: UartSettings, *, trained: bool) -> None:
        """The firmware starts with the saved `mode`; auto-baud begins again unless `trained`."""
        self._changes.forget()
        self.output.stop.forget_xoff()
        self._rates.set(mode.rate, mode.frame)
        self._rates.look_for_rate(trained=trained)
        self._changes.set(mode)

    def configure(self, mode: UartSettings) -> None:
        """Change over when what has been written so far has left; see `Changes.add`."""
        self._changes.add(mode)

    async def drain(self) -> None:
        """Return when the output has left, and the port has taken enough for more."""
        await self.output.lane.drain()
        await self.port.drain()

    def cut(self) -> None:
        """Power or RESET ended everything: what has not left yet never will."""
        self.output.lane.clear()
        if self.watch is not None:
            self.watch.cut()

    def _set_module(self, mode: UartSettings) -> None:
        self._rates.set(mode.rate, mode.frame)
        if self._telling is None and self._rates.paced and mode.rate:
            # Nobody can tell the host's rate there, so it is not the one thing that is wrong.
            self._rates.host_rate = mode.rate
        self._set_byte_times()
        if isinstance(self.port, FollowingPort) and mode.rate:
            self.port.follow(mode.rate, to_host=mode.to_host, to_module=mode.to_module)
        stoppable = mode.to_host is not Flow.NONE
        self.output.lane.room = self.port.drain if stoppable and not self._rates.paced else None
        self.output.stop.set(mode.to_host)
        self._host_stop.set(mode.to_module, len(self.rx))
        if self.watch is not None:
            self.watch.module_set(mode)

    def _set_byte_times(self) -> None:
        self.output.lane.byte_time = self._rates.byte_time
        self._intake.lane.byte_time = self._rates.host_byte_time

    # --- the line -------------------------------------------------------------------------------

    def lost(self, reason: str | None) -> None:
        """Nobody is there any more. A module does not notice that."""
        if self.watch is not None:
            self.watch.gone()

    def _heard(self, data: bytes) -> bytes:
        """Input has come to the module's end of the line."""
        if self._rates.paced:
            data = self._rates.at_module(data)
            self._set_byte_times()  # that may have been the training
        if self._changes.now.to_host is Flow.SOFTWARE:
            data = self.output.stop.obeyed(data)
        if (hear := self._hear) is not None:
            hear(data)
        return data

    def _watch(self, watch: LineTrace) -> None:
        stop = self.output.stop
        self.output.watch = watch
        self._intake.on_lost = partial(watch.lost, "to the module")
        stop.on_change = lambda stopped: watch.module_stopped(stop.flow, stopped)
        self._host_stop.on_change = lambda flow, stopped: watch.host_stopped(
            flow, stopped, len(self.rx)
        )

    # --- the host's side ------------------------------------------------------------------------

    def host_changed(self, told: HostSettings) -> None:
        """The host changed its settings; a rate counts only where line time is modelled.

        Its outputs and what it obeys change at once, its rate and frame after what it wrote.
        """
        before = self.host.tell(told)
        now = self.host.settings
        self.output.stop.rts(now.rts is not False or not self._rts_stops)
        self._host_stop.host_set(obeys_cts=told.obeys_cts, obeys_xoff=told.obeys_xoff)
        self._intake.lane.after(partial(self._set_host_rate, told.rate, told.frame))
        if (now.rts, now.dtr) != (before.rts, before.dtr):
            self.host.on_outputs(now.rts, now.dtr)
        if self.watch is not None:
            self.watch.host_set(before, now)

    def drive(self, output: str, on: bool | None) -> None:
        """Set `rts` or `dtr` of the host, whatever the port says; None: as the port says again."""
        self.host.drive(output, on)
        self.host_changed(self.host.told)

    def _set_host_rate(self, rate: int | None, frame: Frame | None) -> None:
        self.output.lane.settle()  # what the host has received by now came at its old rate
        self._rates.host_rate = rate or self._rates.host_rate
        self._rates.host_frame = frame
        self._set_byte_times()

    def _purge(self, received: bool, unsent: bool) -> None:
        if received:
            self.output.purge()
        if unsent:
            self._intake.purge()
            self._set_host_rate(self.host.told.rate, self.host.told.frame)

    def _show_cts(self, on: bool) -> None:
        if self._telling is not None:
            self._telling.show_cts(on)

    def show_ri(self, high: bool) -> None:
        """The module's RI output has another level; asserted is low."""
        if self._telling is not None:
            self._telling.show_ri(not high)

    def _show_error(self, error: ReceiveError) -> None:
        if self._telling is not None:
            self._telling.show_error(error)
