"""The module's end of a line in memory, for one host after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.line.frame import HostSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.ports.wrapper import PortWrapper

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.frame import ReceiveError


class PluggedPort(PortWrapper[MemoryPort]):
    """A `TellingPort` that hears the host whose end `plug` made, until that is closed.

    What the module says while no host is there is lost, and it does not notice that.
    """

    def __init__(self, name: str = "memory") -> None:
        super().__init__(name)
        self.host_settings = HostSettings()
        self.on_host_settings: Callable[[HostSettings], None] = lambda _: None
        self.on_purge: Callable[[bool, bool], None] = lambda received, unsent: None
        self._cts, self._ri = True, False

    def plug(self, settings: HostSettings) -> MemoryPort:
        """The end of a new host, whose line is set so; any other is heard no more."""
        near, far = memory_pair(self.name)
        far.on_host_settings = self._set
        far.on_purge = lambda received, unsent: self.on_purge(received, unsent)
        far.show_cts(self._cts)
        far.show_ri(self._ri)
        near.set_line(settings)
        self.inner = far
        if self._receiver is not None:
            self._begin()
        return near

    def show_cts(self, on: bool) -> None:
        self._cts = on
        if self.inner is not None:
            self.inner.show_cts(on)

    def show_ri(self, on: bool) -> None:
        self._ri = on
        if self.inner is not None:
            self.inner.show_ri(on)

    def show_error(self, error: ReceiveError) -> None:
        """Nobody at the host's end asks."""

    async def close(self) -> None:
        """The host hears of it; harmless when called twice."""
        inner, self.inner, self._receiver = self.inner, None, None
        if inner is not None:
            await inner.close()

    def _begin(self) -> None:
        if self.inner is not None:
            self.inner.start(_HostEar(self, self.inner))
            if self.paused:
                self.inner.pause_reading()

    def _set(self, settings: HostSettings) -> None:
        self.host_settings = settings
        self.on_host_settings(settings)


class _HostEar:
    """Hears one host for `port`."""

    def __init__(self, port: PluggedPort, host: MemoryPort) -> None:
        self._port, self._host = port, host

    def received(self, data: bytes) -> None:
        if self._port.inner is self._host:
            self._port.received(data)

    def lost(self, reason: str | None) -> None:
        """The host has gone: the port has not."""
        if self._port.inner is self._host:
            self._port.inner = None
