"""What ports know of the other end's serial settings, where they know any."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.frame import Flow, Frame


@dataclass(frozen=True, slots=True)
class HostLine:
    """The host's side of the line.

    `rate` in bit/s and `frame`, None where the port cannot tell. `rts` and `dtr` are its outputs:
    True is asserted, and None, nobody has said, is as good. `obeys_cts`: it waits while the
    module's CTS is off. `obeys_xoff`: its port waits after an XOFF by itself, without its program
    seeing one.
    """

    rate: int | None = None
    frame: Frame | None = None
    rts: bool | None = None
    dtr: bool | None = None
    obeys_cts: bool = True
    obeys_xoff: bool = False


class LineError(IntFlag):
    """What the host's receiver notices; the bits of a 16550's line status, and of RFC 2217."""

    OVERRUN = 2
    FRAMING = 8


@runtime_checkable
class LinePort(Protocol):
    """A port of the module's end that sees how the host set its own: memory, PTY, RFC 2217."""

    #: As it is now.
    host_line: HostLine
    #: Called after each change.
    on_host_line: Callable[[HostLine], None]
    #: Called when the host throws away what has come for it and it has not read (the first is
    #: True), or what it wrote and has not left (the second is).
    on_purge: Callable[[bool, bool], None]

    def show_cts(self, on: bool) -> None:
        """Let the host see the module's CTS, where it can see it."""

    def show_error(self, error: LineError) -> None:
        """Let the host know what its receiver noticed, where it can know."""


@runtime_checkable
class HostPort(Protocol):
    """A port of the host's end that can change its own settings."""

    @property
    def rate(self) -> int | None:
        """bit/s; None on a line without line time."""

    async def set_rate(self, rate: int) -> None:
        """Send and receive at `rate` bit/s from now on. Raises `PortError`."""

    async def set_flow(self, flow: Flow) -> None:
        """Stop and be stopped this way from now on. Raises `PortError`."""

    async def set_output(self, output: str, on: bool) -> None:
        """Assert `rts` or `dtr`, or not. Raises `PortError` on a port without them."""


@runtime_checkable
class CtsPort(Protocol):
    """A port of the host's end that sees the module's CTS."""

    async def clear_to_send(self) -> bool | None:
        """Whether the module asserts it; None where nobody can tell. Raises `PortError`."""


@runtime_checkable
class DevicePort(Protocol):
    """A port of the module's end that is a serial device itself: its settings are the module's."""

    def follow(self, rate: int, *, to_host: Flow, to_module: Flow) -> None:
        """Run at `rate` bit/s; be stopped by `to_host`, stop the host with `to_module`.

        What was written before leaves at the old rate.
        """
