"""The Port interface: the one way bytes get to and from either end of the line."""

from __future__ import annotations

from typing import Protocol


class Receiver(Protocol):
    """What hangs on a port and hears it. Called from the event loop, never re-entered."""

    def received(self, data: bytes) -> None:
        """Bytes arrived, in order; `data` is never empty."""

    def lost(self, reason: str | None) -> None:
        """The port is gone for good; `reason` is None when it was closed on purpose."""


class Port(Protocol):
    """One end of a byte line: memory, PTY, TCP, RFC 2217 or a serial device.

    A port hands bytes over in order and never changes them. Writing never blocks; a
    writer with much to say awaits `drain` in between.
    """

    #: What a person would call it: `/dev/ttyUSB0`, `socket://127.0.0.1:7000`.
    name: str

    def start(self, receiver: Receiver) -> None:
        """Begin to deliver. Called once, from the running loop."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, in order. What cannot go out any more (port lost) is dropped."""

    async def drain(self) -> None:
        """Return when the far side has taken enough for more to be written, or is gone."""

    def pause_reading(self) -> None:
        """Deliver nothing for now: the far side's own writes are to wait."""

    def resume_reading(self) -> None:
        """Deliver again."""

    async def close(self) -> None:
        """Send what is pending if that is quick, then let go; harmless when called twice."""
