"""`--control SOCK`: a Unix socket that speaks HTTP and, for one more release, JSON lines.

The first byte of a client says which: a method of HTTP begins with a capital letter, a request in
lines with what begins a JSON value. Who may open the socket's file needs no token.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from atwin.control.lines import LONGEST_REQUEST, attend
from atwin.disk.errors import reason
from atwin.line.port import PortError, PortSpecError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.control.subject import Subject

_NO_HTTP = b'{"error": "HTTP needs more: pip install \'atwin[panel]\'"}\n'
_NOT_IMPLEMENTED = (
    b"HTTP/1.1 501 Not Implemented\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_NO_HTTP), _NO_HTTP)
)


@asynccontextmanager
async def control_socket(path: str, subject: Subject) -> AsyncIterator[None]:
    """Serve requests at `path` until the block is left; a stale socket there is replaced.

    Raises `PortError` when another twin listens there, `PortSpecError` when no socket can be there.
    """
    if not path:
        raise PortSpecError("--control: a socket needs a name; choose a path")
    if not hasattr(socket, "AF_UNIX"):
        raise PortSpecError("--control: there are no Unix sockets on Windows; leave it out")
    await _refuse_one_in_use(path)
    assert subject.twin is not None
    _ = subject.twin.faults  # laid in now, so that every connection can be met
    visitors = _Visitors(subject)
    try:
        place = _bound(path)
    except OSError as error:
        raise PortSpecError(f"--control {path}: {reason(error)}; choose another path") from error
    try:
        with place:
            loop = asyncio.get_running_loop()
            server = await loop.create_unix_server(visitors.protocol, sock=place)
            try:
                yield
            finally:
                server.close()
                subject.recent.end()
                await visitors.close()
    finally:
        with suppress(OSError):
            os.unlink(path)


async def _refuse_one_in_use(path: str) -> None:
    """A socket that nobody listens on any more may be replaced."""
    if _is_something_else(path):
        raise PortSpecError(f"--control {path}: exists and is not a socket; choose another path")
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return
    writer.close()
    raise PortError(f"--control {path}: another twin listens there; choose another path")


def _is_something_else(path: str) -> bool:
    return os.path.lexists(path) and not stat.S_ISSOCK(os.lstat(path).st_mode)


def _bound(path: str) -> socket.socket:
    """A socket that its owner may open, and nobody else. Raises `OSError`."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    place = socket.socket(socket.AF_UNIX)
    try:
        place.bind(path)
        os.chmod(path, 0o600)  # nobody can connect before it listens
    except BaseException:
        place.close()
        raise
    return place


class _Visitors:
    """Who has connected."""

    def __init__(self, subject: Subject) -> None:
        assert subject.twin is not None
        self._subject, self._twin = subject, subject.twin
        self._silent: set[asyncio.Transport] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: Any = None

    def protocol(self) -> asyncio.Protocol:
        """For one more."""
        return _Visitor(self)

    def came(self, visitor: asyncio.Transport) -> None:
        """Nobody knows yet what it speaks."""
        self._silent.add(visitor)

    def left(self, visitor: asyncio.Transport) -> None:
        """It has not said anything."""
        self._silent.discard(visitor)

    def spoke(self, visitor: asyncio.Transport, first: bytes) -> None:
        """Hand it over, with what it said, to the protocol of that."""
        self._silent.discard(visitor)
        protocol = self._http_protocol() if first[:1].isupper() else self._lines_protocol()
        if protocol is None:
            visitor.write(_NOT_IMPLEMENTED)
            visitor.close()
            return
        visitor.set_protocol(protocol)
        protocol.connection_made(visitor)
        protocol.data_received(first)

    async def close(self) -> None:
        """Let go of all of them."""
        for visitor in self._silent:
            visitor.abort()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._http is not None:
            await self._http.close()

    def _lines_protocol(self) -> asyncio.Protocol:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await attend(self._twin, reader, writer)
            finally:
                writer.close()
                self._tasks.discard(task)

        return asyncio.StreamReaderProtocol(asyncio.StreamReader(LONGEST_REQUEST), serve)

    def _http_protocol(self) -> asyncio.Protocol | None:
        """None without what it takes."""
        if self._http is None:
            try:
                from atwin.control.web.panel import http_server
            except ImportError:
                return None
            self._http = http_server([self._subject], None)
        protocol: asyncio.Protocol = self._http.protocol()
        return protocol


class _Visitor(asyncio.Protocol):
    """One that has not said anything."""

    def __init__(self, visitors: _Visitors) -> None:
        self._visitors = visitors

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._visitors.came(transport)

    def data_received(self, data: bytes) -> None:
        self._visitors.spoke(self._transport, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._visitors.left(self._transport)
