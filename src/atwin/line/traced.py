"""Ports and UARTs that tell a trace what passes; they are there only while somebody traces."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from atwin.line.frame import XOFF, XON, Flow
from atwin.line.port import SettablePort
from atwin.line.uart.uart import Uart
from atwin.trace import Dialogue

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.line.frame import HostSettings, UartSettings
    from atwin.line.port import Port, Receiver
    from atwin.line.uart.host_receiver import HostFifo
    from atwin.trace import Trace

_FLOWS = {Flow.NONE: "none", Flow.SOFTWARE: "XON/XOFF", Flow.HARDWARE: "RTS/CTS"}


class TracedUart(Uart):
    """A `Uart` whose line is traced at the module's end.

    The dialogue is what has come to the module and what has left it; what is lost behind that is
    told with its number of bytes.
    """

    def __init__(
        self,
        trace: Trace,
        port: Port,
        clock: Clock | None = None,
        *,
        baud: int | None = None,
        host_fifo: HostFifo | None = None,
        rts_stops: bool = True,
        seed: int = 0,
    ) -> None:
        self._trace = trace
        self._dialogue = Dialogue(trace, lossless=True)
        self._told_mode: UartSettings | None = None
        self._own = bytearray()  # XON and XOFF that are on their way to the host
        super().__init__(
            port, clock, baud=baud, host_fifo=host_fifo, rts_stops=rts_stops, seed=seed
        )
        self._intake.on_lost = partial(self._note_lost, "lost to the module")
        self._module_stop.on_change = self._module_stopped
        self._host_stop.on_change = self._host_stopped

    def cut(self) -> None:
        super().cut()
        self._own.clear()
        self._trace.hears(self._dialogue.cut, b"")

    def host_changed(self, line: HostSettings) -> None:
        before = self._host_settings
        super().host_changed(line)
        for name in ("rts", "dtr"):
            level = getattr(self._host_settings, name)
            if level is not None and level != getattr(before, name):
                self._trace.notes("line", f"host's {name.upper()}", on=level)
        if line.rate is not None and line.rate != before.rate:
            self._trace.notes("line", "host's rate", rate=line.rate)

    def lost(self, reason: str | None) -> None:
        super().lost(reason)
        self._trace.hears(self._dialogue.end, b"")

    def _heard(self, data: bytes) -> bytes:
        data = super()._heard(data)
        self._trace.hears(self._dialogue.to_module, data)
        return data

    def _left(self, data: bytes) -> None:
        if data == self._own[:1]:
            del self._own[0]
        else:
            self._trace.hears(self._dialogue.to_host, data)
        lost = self.host_lost_bytes
        super()._left(data)
        self._note_lost("lost to the host", self.host_lost_bytes - lost)

    def _note_lost(self, event: str, size: int) -> None:
        if size:
            self._trace.notes("line", event, bytes=size)

    def _set_mode(self, mode: UartSettings) -> None:
        super()._set_mode(mode)
        if mode != self._told_mode:
            self._told_mode = mode
            self._trace.notes(
                "line",
                "module's settings",
                rate=mode.rate or "auto",
                to_host=_FLOWS[mode.to_host],
                to_module=_FLOWS[mode.to_module],
            )

    def _module_stopped(self, stopped: bool) -> None:
        by = "XOFF" if self._module_stop.flow is Flow.SOFTWARE else "RTS"
        self._trace.notes("line", f"module {'stopped' if stopped else 'goes on'}", by=by)

    def _host_stopped(self, flow: Flow, stopped: bool) -> None:
        if flow is Flow.SOFTWARE:
            self._own += XOFF if stopped else XON
        self._trace.notes(
            "line",
            f"host {'stopped' if stopped else 'may go on'}",
            by="XOFF" if flow is Flow.SOFTWARE else "CTS",
            waiting=len(self.rx),
        )


class TracedPort:
    """A `Port` of the host's end; what the host sees of its line is told."""

    def __init__(self, port: Port, trace: Trace) -> None:
        self.name = port.name
        self._port = port
        self._trace = trace
        self._dialogue = Dialogue(trace, lossless=False)
        self._receiver: Receiver

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._port.start(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._trace.hears(self._dialogue.to_module, bytes(data))
        self._port.write(data)

    async def drain(self) -> None:
        await self._port.drain()

    def pause_reading(self) -> None:
        self._port.pause_reading()

    def resume_reading(self) -> None:
        self._port.resume_reading()

    async def close(self) -> None:
        await self._port.close()
        self._trace.hears(self._dialogue.end, b"")

    def received(self, data: bytes) -> None:
        self._trace.hears(self._dialogue.to_host, data)
        self._receiver.received(data)

    def lost(self, reason: str | None) -> None:
        if reason is not None:
            self._trace.notes("line", "gone", why=reason)
        self._receiver.lost(reason)


class TracedSettablePort(TracedPort):
    """One with settings; see `SettablePort`."""

    def __init__(self, port: Port, settings: SettablePort, trace: Trace) -> None:
        """`settings` is `port`."""
        super().__init__(port, trace)
        self._settings = settings

    @property
    def rate(self) -> int | None:
        return self._settings.rate

    async def set_rate(self, rate: int) -> None:
        await self._settings.set_rate(rate)
        self._trace.notes("line", "host's rate", rate=rate)

    async def set_flow(self, flow: Flow) -> None:
        await self._settings.set_flow(flow)
        self._trace.notes("line", "host's flow control", flow=_FLOWS[flow])

    async def set_output(self, output: str, on: bool) -> None:
        await self._settings.set_output(output, on)
        self._trace.notes("line", f"host's {output.upper()}", on=on)

    async def clear_to_send(self) -> bool | None:
        return await self._settings.clear_to_send()


def traced_port(port: Port, trace: Trace) -> Port:
    """`port`, with everything that passes told to `trace`."""
    trace.notes("line", "opened", port=port.name)
    if isinstance(port, SettablePort):
        return TracedSettablePort(port, port, trace)
    return TracedPort(port, trace)
