"""Ports, the one way bytes get to and from either end of the line, and what some can do more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.frame import Flow, HostSettings, ReceiveError


class PortError(Exception):
    """A port cannot be opened. One line: what was wrong and what to do.

    `exit_code` is what a command line program returns for it, as that of `HostError`.
    """

    exit_code: ClassVar[int] = 3


class PortSpecError(PortError):
    """What somebody wrote names no port: an unknown scheme, no host, a rate that is not a number, a
    place for a link or socket where none can be.
    """

    exit_code = 2


class Receiver(Protocol):
    """What hangs on a port and hears it. Called from the event loop, never re-entered."""

    def received(self, data: bytes) -> None:
        """Bytes arrived, in order; `data` is never empty."""

    def lost(self, reason: str | None) -> None:
        """The port is gone for good; `reason` is None when it was closed on purpose."""


@runtime_checkable
class ReadyReceiver(Receiver, Protocol):
    """One that may be handed bytes from inside the other end's `write`, which saves a turn of the
    loop; never from inside its own.
    """

    #: True.
    at_once: bool


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


@runtime_checkable
class TellingPort(Protocol):
    """A port of the module's end that sees how the host set its own: all but TCP and devices."""

    #: As it is now.
    host_settings: HostSettings
    #: Called after each change.
    on_host_settings: Callable[[HostSettings], None]
    #: Called when the host throws away what has come for it and it has not read (the first is
    #: True), or what it wrote and has not left (the second is).
    on_purge: Callable[[bool, bool], None]

    def show_cts(self, on: bool) -> None:
        """Let the host see the module's CTS, where it can see it."""

    def show_ri(self, on: bool) -> None:
        """Let the host see the module's ring indicator, where it can see it."""

    def show_error(self, error: ReceiveError) -> None:
        """Let the host know what its receiver noticed, where it can know."""


@runtime_checkable
class ExpectingPort(Protocol):
    """A port of the host's end whose receiver may say what it waits for."""

    def expect(self, size: int) -> None:
        """From within `received`: the next `size` bytes are of use only together.

        They may be handed over so, or in larger pieces than others, none more than 0.5 s late; the
        last of them comes when it always would. 0, at any time: each is of use as it comes.
        """


@runtime_checkable
class AskingPort(Protocol):
    """A port of the host's end that may bring the answer to what is written as it is written."""

    def ask(self, data: bytes) -> None:
        """`write`; `received` may be called before this returns, with what answers `data`.

        Never while `received` runs already, and not each time: other tasks get their turns.
        """


@runtime_checkable
class ExpectedPort(Protocol):
    """A port of the module's end that hears what the host's end expects."""

    #: Called with each size.
    on_expect: Callable[[int], None]

    def write_now(self, data: bytes) -> None:
        """`write`, from a timer: the host's end is handed them before this returns, if it can."""


@runtime_checkable
class ServerPort(Protocol):
    """A port of the module's end to which clients come, and from which they go."""

    #: Called when a client has left.
    on_client_gone: Callable[[], None]


@runtime_checkable
class ShortPort(Protocol):
    """A port of the module's end that is to be read no more while much of the host waits."""

    #: Bytes that may wait for the line.
    most_waiting: int


@runtime_checkable
class RoomyPort(Protocol):
    """A port of the module's end whose kernel holds more than a stop of the host could save."""

    #: Bytes to hand it at a time while the host may stop the module.
    piece: int


@runtime_checkable
class SettablePort(Protocol):
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

    async def clear_to_send(self) -> bool | None:
        """Whether the module asserts CTS; None where nobody can tell. Raises `PortError`."""


@runtime_checkable
class FollowingPort(Protocol):
    """A port of the module's end that is a serial device itself: its settings are the module's."""

    def follow(self, rate: int, *, to_host: Flow, to_module: Flow) -> None:
        """Run at `rate` bit/s; be stopped by `to_host`, stop the host with `to_module`.

        What was written before leaves at the old rate.
        """
