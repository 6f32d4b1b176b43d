"""Flow control of both directions (docs/spec/uart.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.line.frame import XOFF, XON, Flow
from atwin.line.uart.lane import UNLIMITED, Lane

if TYPE_CHECKING:
    from collections.abc import Callable

#: Parts of the receive buffer at which the host is stopped, and may go on.
_HIGH, _LOW = 0.75, 0.25
#: Part of the receive buffer one delivery may fill when the host can be stopped.
_PIECE = 0.125


class ModuleStop:
    """What stops the module's output: the host's RTS, or its XOFF."""

    def __init__(self, output: Lane) -> None:
        self.flow = Flow.NONE
        #: Called when the output is stopped, or goes on.
        self.on_change: Callable[[bool], None] = lambda stopped: None
        self._output = output
        self._rts = True
        self._has_room = True
        self._xoff = False

    def set(self, flow: Flow) -> None:
        """The first value of AT+IFC. An XOFF is forgotten when nobody listens for XON any more."""
        self.flow = flow
        self._xoff = self._xoff and flow is Flow.SOFTWARE
        self._gate()

    def forget_xoff(self) -> None:
        """The firmware restarts."""
        self._xoff = False

    def rts(self, on: bool) -> None:
        """The host's RTS output, where it goes to the module's RTS input."""
        self._rts = on
        self._gate()

    def has_room(self, on: bool) -> None:
        """The modelled host's own RTS, which follows its FIFO."""
        self._has_room = on
        self._gate()

    def xoff(self, on: bool) -> None:
        """An XOFF has come, or an XON."""
        self._xoff = on and self.flow is Flow.SOFTWARE
        self._gate()

    def obeyed(self, data: bytes) -> bytes:
        """Act on XON and XOFF in the input of software flow control, and take them out."""
        if _has_any(data):
            self.xoff(_ends_with_xoff(data))
            data = _without(data)
        return data

    def _gate(self) -> None:
        stop = {
            Flow.NONE: False,
            Flow.SOFTWARE: self._xoff,
            Flow.HARDWARE: not (self._rts and self._has_room),
        }[self.flow]
        if stop != self._output.held:
            self.on_change(stop)
        if stop:
            self._output.hold()
        else:
            self._output.release()


class HostStop:
    """What stops the host: the module's CTS, or its XOFF, at marks of the receive buffer.

    Whether the host's transmitter does stop is up to the host. `modelled`: it is one of ours, and
    its software flow control goes with the module's. `show_cts` brings CTS to the port.
    """

    def __init__(
        self,
        lane: Lane,
        output: Lane,
        size: int,
        show_cts: Callable[[bool], None],
        *,
        modelled: bool,
    ) -> None:
        """`lane` is the host's, to be held; XOFF goes out on `output`; `size` in bytes."""
        #: Called with the kind of flow control when the host is told to stop, or to go on.
        self.on_change: Callable[[Flow, bool], None] = lambda flow, stopped: None
        self._lane = lane
        self._output = output
        self._size = size
        self._show_cts = show_cts
        self._modelled = modelled
        self._flow = Flow.NONE
        self._stopped = False  # by the module
        self._xoff = False  # received by the host, whoever sent it
        self._obeys_cts = True
        self._port_obeys_xoff = False

    @property
    def cts(self) -> bool:
        """The module's CTS output: the host may send."""
        return not (self._stopped and self._flow is Flow.HARDWARE)

    @property
    def stops_by(self) -> Flow | None:
        """How the host is told to stop now; None while it is not."""
        return self._flow if self._stopped else None

    def set(self, flow: Flow, waiting: int) -> None:
        """The second value of AT+IFC, with `waiting` bytes in the buffer.

        What had stopped the host lets it go on; the new one stops it if need be.
        """
        before, self._flow = self._flow, flow
        self._lane.largest = UNLIMITED if flow is Flow.NONE else int(_PIECE * self._size)
        if flow is before:
            return
        if self._stopped:
            self._stopped = False
            if before is Flow.HARDWARE or not self._modelled:
                self._tell(before)
        self._stop_or_release()
        self.level(waiting)

    def host_set(self, *, obeys_cts: bool, obeys_xoff: bool) -> None:
        """How the host set its port."""
        self._obeys_cts, self._port_obeys_xoff = obeys_cts, obeys_xoff
        self._stop_or_release()

    def level(self, waiting: int) -> None:
        """The firmware, or the line, has left `waiting` bytes in the buffer."""
        if self._stopped:
            stopped = waiting > _LOW * self._size
        else:
            stopped = self._flow is not Flow.NONE and waiting >= _HIGH * self._size
        if stopped != self._stopped:
            self._stopped = stopped
            self._tell(self._flow)
            self._stop_or_release()

    def obeyed(self, data: bytes) -> bytes:
        """The host's port acts on the XON and XOFF in `data`, if it does, and takes them out."""
        if self._obeys_xoff:
            self._xoff = _ends_with_xoff(data)
            self._stop_or_release()
            data = _without(data)
        return data

    @property
    def _obeys_xoff(self) -> bool:
        return self._flow is Flow.SOFTWARE if self._modelled else self._port_obeys_xoff

    def _tell(self, flow: Flow) -> None:
        self.on_change(flow, self._stopped)
        if flow is Flow.SOFTWARE:
            self._output.put_first(XOFF if self._stopped else XON)
        else:
            self._show_cts(self.cts)

    def _stop_or_release(self) -> None:
        self._xoff = self._xoff and self._obeys_xoff
        if self._xoff or (self._obeys_cts and not self.cts):
            self._lane.hold()
        else:
            self._lane.release()


def _has_any(data: bytes) -> bool:
    return XON in data or XOFF in data


def _ends_with_xoff(data: bytes) -> bool:
    return data.rfind(XOFF) > data.rfind(XON)


def _without(data: bytes) -> bytes:
    return data.translate(None, XON + XOFF)
