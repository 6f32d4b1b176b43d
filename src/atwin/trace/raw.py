"""The bytes themselves, for those who ask for them: a capture, a panel, a recording.

A trace tells sizes and no secrets. What is heard here is everything: payload, passwords, keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.trace.trace import Fields


class NetEvent(Enum):
    """What happens on a `Conversation`; datagrams and echo requests only come and go, and end."""

    #: The module asks for a connection, and gets it, is refused, or stops waiting.
    CALLED = "called"
    OPENED = "opened"
    REFUSED = "refused"
    GIVEN_UP = "given up"
    SENT = "sent"
    RECEIVED = "received"
    #: The peer will send no more.
    PEER_CLOSED = "closed by the peer"
    #: The module lets go.
    CLOSED = "closed"
    #: It broke.
    RESET = "reset"

    @property
    def ends(self) -> bool:
        """Whether nothing more happens on it."""
        return self in _ENDS


_ENDS = {NetEvent.REFUSED, NetEvent.GIVEN_UP, NetEvent.CLOSED, NetEvent.RESET}


@dataclass(frozen=True, eq=False, slots=True)
class Conversation:
    """A connection, the datagrams exchanged with one peer, or echo requests; told apart by `is`."""

    #: "tcp", "udp" or "icmp".
    protocol: str
    #: The module's address, None where it is not known, and its port, 0 for any.
    local: str | None
    local_port: int
    #: The peer, as the module addresses it; what --resolve makes of it is not seen.
    remote: str
    remote_port: int


class RawListener:
    """Hears what it has a method for: inherit from it, and override what is of interest.

    `t`: seconds since the trace began. What happened comes in order, some hundredths of a second
    after it happened.
    """

    def line(self, t: float, direction: str, data: bytes) -> None:
        """`data` has gone to the module (`>`) or come from it (`<`), without XON and XOFF."""

    def net(self, t: float, talk: Conversation, event: NetEvent, data: bytes) -> None:
        """Something happens on `talk`; `data` is what is sent or received there."""

    def secret(self, t: float, client_random: bytes, master_secret: bytes) -> None:
        """What opens a TLS session; it is reported before anything that it opens."""

    def record(self, t: float, fields: Fields) -> None:
        """A record of the trace, with what is masked there; `fields` begin with its kind."""

    def flushed(self) -> None:
        """All that has happened so far was reported."""


class RawListeners(RawListener):
    """Those who listen; costs nothing while there are none."""

    def __init__(self, flush: Callable[[], None]) -> None:
        """`flush` works off what has happened so far."""
        self._flush = flush
        self._listeners: tuple[RawListener, ...] = ()
        #: Whether any of them wants to know of the network: else nothing of it need be copied.
        self.hears_net = False
        #: The same of lines and of records: few hear both.
        self.hears_line = self.hears_records = False

    @property
    def on(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def add(self, listener: RawListener) -> None:
        """Let it hear what happens from now on."""
        self._flush()
        self._set((*self._listeners, listener))

    def remove(self, listener: RawListener) -> None:
        """It has heard what happened so far, and hears nothing more."""
        self._flush()
        self._set(tuple(one for one in self._listeners if one is not listener))

    def clear(self) -> None:
        """Nobody listens any more."""
        self._set(())

    def _set(self, listeners: tuple[RawListener, ...]) -> None:
        self._listeners = listeners
        self.hears_net = any(type(one).net is not RawListener.net for one in listeners)
        self.hears_line = any(type(one).line is not RawListener.line for one in listeners)
        self.hears_records = any(type(one).record is not RawListener.record for one in listeners)

    def line(self, t: float, direction: str, data: bytes) -> None:
        for listener in self._listeners:
            listener.line(t, direction, data)

    def net(self, t: float, talk: Conversation, event: NetEvent, data: bytes) -> None:
        for listener in self._listeners:
            listener.net(t, talk, event, data)

    def secret(self, t: float, client_random: bytes, master_secret: bytes) -> None:
        for listener in self._listeners:
            listener.secret(t, client_random, master_secret)

    def record(self, t: float, fields: Fields) -> None:
        for listener in self._listeners:
            listener.record(t, fields)

    def flushed(self) -> None:
        for listener in self._listeners:
            listener.flushed()
