"""The base of ports that wrap another `Port`: each overrides only what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from atwin.line.port import Port, Receiver

P = TypeVar("P", bound="Port")


class PortWrapper(Generic[P]):
    """A `Port` that is `inner`, which may be away for a while: what is written then is lost."""

    def __init__(self, name: str, inner: P | None = None) -> None:
        self.name = name
        self.inner = inner
        self._receiver: Receiver | None = None
        #: Whether nothing is delivered for now.
        self.paused = False

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._begin()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.inner is not None:
            self.inner.write(data)

    async def drain(self) -> None:
        if self.inner is not None:
            await self.inner.drain()

    def pause_reading(self) -> None:
        self.paused = True
        if self.inner is not None:
            self.inner.pause_reading()

    def resume_reading(self) -> None:
        self.paused = False
        if self.inner is not None:
            self.inner.resume_reading()

    async def close(self) -> None:
        if self.inner is not None:
            await self.inner.close()

    def received(self, data: bytes) -> None:
        assert self._receiver is not None
        self._receiver.received(data)

    def lost(self, reason: str | None) -> None:
        if self._receiver is not None:
            self._receiver.lost(reason)

    def _begin(self) -> None:
        """Hear `inner` from now on."""
        if self.inner is not None:
            self.inner.start(self)
            if self.paused:
                self.inner.pause_reading()
