"""What tells a trace of the line, at either end; it is there only while somebody traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.line.frame import XOFF, XON, Flow
from atwin.line.port import SettablePort
from atwin.line.ports.wrapper import PortWrapper
from atwin.trace.dialogue import Dialogue

if TYPE_CHECKING:
    from atwin.line.frame import HostSettings, UartSettings
    from atwin.line.port import Port
    from atwin.trace import Trace

_FLOWS = {Flow.NONE: "none", Flow.SOFTWARE: "XON/XOFF", Flow.HARDWARE: "RTS/CTS"}


class _Hearing:
    """Has a dialogue, and who listens to the bytes themselves, hear a line in turn."""

    def __init__(self, trace: Trace, *, lossless: bool) -> None:
        self._trace = trace
        self._dialogue = Dialogue(trace, lossless=lossless)
        #: Hear the bytes of a direction.
        self.to_module, self.to_host = trace.ears(
            self._hear_module, self._hear_host, self._dialogue.pass_all
        )

    def cut(self) -> None:
        self._trace.hears(self._dialogue.cut, b"")

    def end(self) -> None:
        self._trace.hears(self._dialogue.end, b"")

    def _hear_module(self, data: bytes) -> None:
        if self._trace.raw.hears_line:
            self._trace.raw.line(self._trace.now, ">", data)
        self._dialogue.to_module(data)

    def _hear_host(self, data: bytes) -> None:
        if self._trace.raw.hears_line:
            self._trace.raw.line(self._trace.now, "<", data)
        self._dialogue.to_host(data)


class LineTrace:
    """Watches a UART and tells a trace.

    The dialogue is what has come to the module and what has left it; what is lost after that is
    told with its number of bytes.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._hearing = _Hearing(trace, lossless=True)
        #: Called with what has come to the module's end, without what flow control took out.
        self.to_module = self._hearing.to_module
        #: Called with what has left the module's end.
        self.to_host = self._hearing.to_host
        self._told: UartSettings | None = None
        self._own = bytearray()  # XON and XOFF that are on their way to the host

    def _to_host_or_own(self, data: bytes) -> None:
        """`to_host` while XON or XOFF are on their way."""
        if data == self._own[:1]:
            del self._own[0]
        else:
            self._hearing.to_host(data)
        if not self._own:
            self.to_host = self._hearing.to_host

    def lost(self, way: str, size: int) -> None:
        """This many bytes got lost on their `way`: "to the module" or "to the host"."""
        self._note(f"lost {way}", bytes=size)

    def cut(self) -> None:
        """What has not left never will."""
        self._own.clear()
        self.to_host = self._hearing.to_host
        self._hearing.cut()

    def gone(self) -> None:
        """The port is gone for good."""
        self._hearing.end()

    def module_stopped(self, flow: Flow, stopped: bool) -> None:
        """The host has stopped the module's output, or let it go on."""
        by = "XOFF" if flow is Flow.SOFTWARE else "RTS"
        self._note(f"module {'stopped' if stopped else 'goes on'}", by=by)

    def host_stopped(self, flow: Flow, stopped: bool, waiting: int) -> None:
        """The module stops the host, or lets it go on, with `waiting` bytes in its buffer."""
        by = "CTS"
        if flow is Flow.SOFTWARE:
            by = "XOFF"
            self._own += XOFF if stopped else XON
            self.to_host = self._to_host_or_own
        self._note(f"host {'stopped' if stopped else 'may go on'}", by=by, waiting=waiting)

    def module_set(self, settings: UartSettings) -> None:
        """The UART's settings, each time they are set."""
        if settings != self._told:
            self._told = settings
            self._note(
                "module's settings",
                rate=settings.rate or "auto",
                to_host=_FLOWS[settings.to_host],
                to_module=_FLOWS[settings.to_module],
            )

    def host_set(self, before: HostSettings, now: HostSettings) -> None:
        """The host changed its settings."""
        for name in ("rts", "dtr"):
            level = getattr(now, name)
            if level is not None and level != getattr(before, name):
                self._note(f"host's {name.upper()}", on=level)
        if now.rate is not None and now.rate != before.rate:
            self._note("host's rate", rate=now.rate)

    def _note(self, event: str, **numbers: str | int) -> None:
        self._trace.notes("line", event, **numbers)


class TracedPort(PortWrapper["Port"]):
    """A `Port` of the host's end; what the host sees of its line is told."""

    def __init__(self, port: Port, trace: Trace) -> None:
        super().__init__(port.name, port)
        self._trace = trace
        self._hearing = _Hearing(trace, lossless=False)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._hearing.to_module(bytes(data))
        super().write(data)

    async def close(self) -> None:
        await super().close()
        self._hearing.end()

    def received(self, data: bytes) -> None:
        self._hearing.to_host(data)
        super().received(data)

    def lost(self, reason: str | None) -> None:
        if reason is not None:
            self._trace.notes("line", "gone", why=reason)
        super().lost(reason)


class TracedSettablePort(TracedPort):
    """One with settings; see `SettablePort`."""

    def __init__(self, port: Port, settings: SettablePort, trace: Trace) -> None:
        """`port` and `settings` are the same object."""
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
