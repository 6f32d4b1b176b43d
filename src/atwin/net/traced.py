"""A network that reports to a trace what is done with it; it is there only during a trace."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from atwin.net.network import PLAIN, NetworkError
from atwin.net.wrapper import NetworkWrapper, StreamWrapper
from atwin.trace.raw import Conversation, NetEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.network import NameServers, Network, Pong, SocketOptions, Stream
    from atwin.trace import Trace


class TracedNetwork(NetworkWrapper):
    """`inner`; reports look-ups, connections, their ends, and to raw listeners what passes."""

    def __init__(
        self, inner: Network, trace: Trace, own_address: Callable[[], str | None] = lambda: None
    ) -> None:
        """`own_address`: what the module has at that moment."""
        super().__init__(inner)
        self._trace = trace
        self._own_address = own_address

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        asked = {} if servers is None else {"servers": ", ".join(servers.addresses)}
        if servers is not None:
            servers = replace(servers, tap=self._heard_datagrams)
        try:
            address = await self.inner.resolve(host, servers)
        except NetworkError as error:
            self._trace.notes("net", "not resolved", host=host, why=str(error), **asked)
            raise
        if address != host:
            self._trace.notes("net", "resolved", host=host, address=address, **asked)
        return address

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        began = self._trace.now
        wire = self._wire("tcp", address, port, options)
        wire.tell(NetEvent.CALLED)
        try:
            stream = await self.inner.connect(address, port, options)
        except NetworkError as error:
            wire.tell(NetEvent.REFUSED)
            self._trace.notes("net", "not connected", address=address, port=port, why=str(error))
            raise
        except BaseException:
            wire.tell(NetEvent.GIVEN_UP)
            raise
        wire.tell(NetEvent.OPENED)
        took = round(self._trace.now - began, 6)
        self._trace.notes("net", "connected", address=address, port=port, took=took)
        return _TracedStream(stream, self._trace, wire)

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        wire = self._wire("icmp", address, 0)
        wire.tell(NetEvent.SENT, bytes(size))
        try:
            pong = await self.inner.ping(address, size, ttl)
            wire.tell(NetEvent.RECEIVED, bytes(size))
        finally:
            wire.tell(NetEvent.CLOSED)
        return pong

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        stream = await self.inner.open_udp(address, port, options)
        self._trace.notes("net", "UDP opened", address=address, port=port)
        return _TracedStream(stream, self._trace, self._wire("udp", address, port, options))

    def _wire(
        self, protocol: str, address: str, port: int, options: SocketOptions = PLAIN
    ) -> _Wire:
        own = self._own_address()
        return _Wire(
            self._trace, Conversation(protocol, own, options.local_port, str(address), port)
        )

    def _heard_datagrams(self, stream: Stream, address: str, port: int) -> Stream:
        return _HeardStream(stream, self._wire("udp", address, port))


class _Wire:
    """Tells what happens on one `Conversation` to who listens to the bytes themselves."""

    def __init__(self, trace: Trace, talk: Conversation) -> None:
        self.talk = talk
        self._trace = trace
        self._ended = False

    def tell(self, event: NetEvent, data: bytes | bytearray | memoryview = b"") -> None:
        """It happens now; nothing does after its end."""
        if self._ended:
            return
        self._ended = event.ends
        if self._trace.raw.hears_net:
            self._trace.hears(partial(self._told, event), bytes(data))

    def secret(self, client_random: bytes, master_secret: bytes) -> None:
        """What opens the TLS session over it."""
        if self._trace.raw.hears_net:
            self._trace.hears(partial(self._told_secret, client_random), master_secret)

    def _told(self, event: NetEvent, data: bytes) -> None:
        self._trace.raw.net(self._trace.now, self.talk, event, data)

    def _told_secret(self, client_random: bytes, master_secret: bytes) -> None:
        self._trace.raw.secret(self._trace.now, client_random, master_secret)


class _HeardStream(StreamWrapper):
    """A `Stream` whose bytes, and secrets, are given to raw listeners."""

    def __init__(self, inner: Stream, wire: _Wire) -> None:
        super().__init__(inner)
        self._wire = wire
        self._peer_closed = False

    async def read(self, limit: int) -> bytes:
        data = await self.inner.read(limit)
        self._tell_read(data)
        return data

    def _tell_read(self, data: bytes) -> None:
        if data:
            self._wire.tell(NetEvent.RECEIVED, data)
        elif not self._peer_closed:
            self._peer_closed = True
            self._wire.tell(NetEvent.PEER_CLOSED)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        # Reported first: what it brings about must not be reported before it.
        self._wire.tell(NetEvent.SENT, data)
        await self.inner.write(data)

    def close(self) -> None:
        self._wire.tell(NetEvent.CLOSED)
        self.inner.close()

    def hear_secret(self, client_random: bytes, master_secret: bytes) -> None:
        """See `KeyListener`."""
        self._wire.secret(client_random, master_secret)


class _TracedStream(_HeardStream):
    """One whose end is reported as well, with what went over it."""

    def __init__(self, inner: Stream, trace: Trace, wire: _Wire) -> None:
        super().__init__(inner, wire)
        self._trace = trace
        self._sent = self._received = 0
        self._over = False

    async def read(self, limit: int) -> bytes:
        try:
            data = await self.inner.read(limit)
        except NetworkError as error:
            self._end("broken", str(error))
            raise
        self._tell_read(data)
        self._received += len(data)
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            await super().write(data)
        except NetworkError as error:
            self._end("broken", str(error))
            raise
        self._sent += len(data)

    def close(self) -> None:
        self._end("closed", None)
        super().close()

    def _end(self, event: str, why: str | None) -> None:
        if not self._over:
            self._over = True
            self._wire.tell(NetEvent.CLOSED if why is None else NetEvent.RESET)
            talk = self._wire.talk
            numbers = {"received": self._received, "sent": self._sent}
            said = {} if why is None else {"why": why}
            self._trace.notes(
                "net", event, address=talk.remote, port=talk.remote_port, **numbers, **said
            )
