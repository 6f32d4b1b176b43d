"""A network that tells a trace what is done with it; it is there only while somebody traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.network import PLAIN, NetworkError
from atwin.net.wrapper import NetworkWrapper, StreamWrapper

if TYPE_CHECKING:
    from atwin.net.network import NameServers, Network, SocketOptions, Stream
    from atwin.trace import Trace


class TracedNetwork(NetworkWrapper):
    """`inner`; look-ups, connections and their ends are told."""

    def __init__(self, inner: Network, trace: Trace) -> None:
        super().__init__(inner)
        self._trace = trace

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        asked = {} if servers is None else {"servers": ", ".join(servers.addresses)}
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
        try:
            stream = await self.inner.connect(address, port, options)
        except NetworkError as error:
            self._trace.notes("net", "not connected", address=address, port=port, why=str(error))
            raise
        took = round(self._trace.now - began, 6)
        self._trace.notes("net", "connected", address=address, port=port, took=took)
        return _TracedStream(stream, self._trace, address, port)

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        stream = await self.inner.open_udp(address, port, options)
        self._trace.notes("net", "UDP opened", address=address, port=port)
        return _TracedStream(stream, self._trace, address, port)


class _TracedStream(StreamWrapper):
    """A `Stream` whose end is told, with what went over it."""

    def __init__(self, inner: Stream, trace: Trace, address: str, port: int) -> None:
        super().__init__(inner)
        self._trace = trace
        self._address, self._port = address, port
        self._sent = self._received = 0
        self._over = False

    async def read(self, limit: int) -> bytes:
        try:
            data = await self.inner.read(limit)
        except NetworkError as error:
            self._end("broken", str(error))
            raise
        self._received += len(data)
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            await self.inner.write(data)
        except NetworkError as error:
            self._end("broken", str(error))
            raise
        self._sent += len(data)
        # It is the other end's turn, so this costs nobody time.
        self._trace.flush()

    def close(self) -> None:
        self._end("closed", None)
        self.inner.close()

    def _end(self, event: str, why: str | None) -> None:
        if not self._over:
            self._over = True
            numbers = {"received": self._received, "sent": self._sent}
            said = {} if why is None else {"why": why}
            self._trace.notes(
                "net", event, address=self._address, port=self._port, **numbers, **said
            )
