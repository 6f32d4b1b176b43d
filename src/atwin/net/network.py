"""The Network interface: the one way out of the twin, and what can go wrong on it."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, runtime_checkable

from atwin.text import decimal

S = TypeVar("S", bound="Stream")


class NetworkError(Exception):
    """Something on the network failed. The text says what, for the log."""


class ResolveError(NetworkError):
    """The host name has no address."""


class UnansweredError(ResolveError):
    """No name server gave an answer."""


class ConnectError(NetworkError):
    """TCP connection refused, unreachable, or not answered."""


class StreamError(NetworkError):
    """An established connection broke: reset, aborted, or written to after the end."""


class TlsError(NetworkError):
    """The handshake failed, so there is no secure channel."""


class TlsStreamError(StreamError):
    """An established secure channel broke: alert, bad record, protocol error."""


class Stream(Protocol):
    """A connected byte stream, plain or secure."""

    async def read(self, limit: int) -> bytes:
        """At least one byte and at most `limit`; b"" at the orderly end.

        Raises `StreamError` when the connection breaks.
        """

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it, waiting for the peer as needed. Raises `StreamError`."""

    def close(self) -> None:
        """Let go at once; harmless when called twice."""


@runtime_checkable
class Confirming(Protocol):
    """A `Stream` that knows what of its bytes the other end has confirmed."""

    @property
    def unacknowledged(self) -> int:
        """Bytes that were written and are not confirmed yet."""


@runtime_checkable
class KeyListener(Protocol):
    """A `Stream` that somebody listens to who wants to open the TLS over it."""

    def hear_secret(self, client_random: bytes, master_secret: bytes) -> None:
        """Of the session that begins now, before anything is sealed with it."""


def unacknowledged(stream: Stream) -> int:
    """Bytes written to `stream` that the peer has not confirmed; 0 where nobody can tell."""
    return stream.unacknowledged if isinstance(stream, Confirming) else 0


@runtime_checkable
class Counting(Protocol):
    """A `Stream` that knows how much has passed."""

    @property
    def passed(self) -> tuple[int, int]:
        """Bytes written and bytes read so far."""


def passed(stream: Stream) -> tuple[int, int]:
    """Bytes written to `stream` and read from it; zeros where nobody can tell."""
    return stream.passed if isinstance(stream, Counting) else (0, 0)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a link carried for a connection beside what was written and read."""

    #: Bytes that came, or were on the way when the connection was closed, and nobody read.
    unread: int = 0
    #: Segments that went again because they got lost, and their bytes: up, down.
    segments_again: tuple[int, int] = (0, 0)
    bytes_again: tuple[int, int] = (0, 0)


@runtime_checkable
class Carrying(Protocol):
    """A `Stream` that knows what its link has carried."""

    @property
    def carried(self) -> Carried:
        """Up to now."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Probes of an idle TCP connection: seconds before the first and between, and how many."""

    idle: int
    interval: int
    count: int


@dataclass(frozen=True, slots=True)
class SocketOptions:
    """What a connection is opened with."""

    #: 0 is any.
    local_port: int = 0
    keep_alive: KeepAlive | None = None
    #: Bytes the other end may send before any are read; 0 is as many as the network likes.
    window: int = 0
    #: Nothing slows the reader down: a real network may take a larger window, which costs less.
    unpaced: bool = False


PLAIN = SocketOptions()


#: Where name servers listen.
DNS_PORT = 53


@dataclass(frozen=True, slots=True)
class NameServers:
    """Whom to ask for names, in this order."""

    addresses: tuple[str, ...]
    port: int = DNS_PORT
    #: Laid around each exchange of datagrams with an address and port of theirs.
    tap: Callable[[Stream, str, int], Stream] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to an echo request: seconds until it came, and the hops it had left."""

    seconds: float
    ttl: int


class Network(Protocol):
    """Resolve and connect, as the module's IP stack does. TLS is laid over a `Stream`."""

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        """The first IPv4 (or else IPv6) address of `host`; literals pass. Raises `ResolveError`.

        `servers`: name servers to ask, for an IPv4 address, instead of the network's own.
        """

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        """Open a TCP connection. Raises `ConnectError`."""

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        """One echo of `size` bytes over at most `ttl` hops. Raises `ConnectError`."""

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        """Exchange datagrams with one peer. Raises `ConnectError`.

        Each write is one datagram, each read gives one, or what a smaller read left of it.
        There is no end; what nobody reads in time is lost, as on any network.
        """


def is_literal(host: str) -> bool:
    """Whether `host` is an IPv4 or IPv6 address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def address_and_port(address: str, port: object) -> str:
    """Both in one text, as in a URL."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def host_and_port(text: str) -> tuple[str, int] | None:
    """HOST:PORT taken apart, an IPv6 address with or without brackets; None for what is neither."""
    host, _, digits = text.rpartition(":")
    host, port = host.removeprefix("[").removesuffix("]"), decimal(digits)
    if not host or "/" in host or port is None or port > 65_535:
        return None
    # What is left of ::1 is not an address: it has no port.
    return (host, port) if ":" not in host or is_literal(host) else None


#: Serves one connection, from its first byte until it returns.
Handler = Callable[[S], Awaitable[None]]


async def attend(handler: Handler[S], stream: S) -> None:
    """Let `handler` serve `stream`, then close it. A client that goes away is not an error."""
    try:
        with suppress(StreamError):
            await handler(stream)
    finally:
        stream.close()
