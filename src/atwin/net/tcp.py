"""TCP connections of this machine as `Stream`s, dialled or accepted."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, cast

from atwin.disk.errors import reason
from atwin.net.inbox import Inbox
from atwin.net.network import StreamError, attend

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable

    from atwin.net.network import Handler

#: Unread bytes at which the socket is left alone. asyncio takes up to 256 KiB at once, so one
#: connection holds less than 512 KiB; the rest waits in the kernel, and then at the sender.
_PAUSE_AT = 256 * 1024
#: Unread bytes below which the socket is read again.
_RESUME_AT = 128 * 1024
#: Bytes that one reader may take before the other tasks get their turn.
_PULLED = 64 * 1024


class TcpStream(asyncio.Protocol):
    """One TCP connection, TCP_NODELAY set by asyncio. One task may read while another writes.

    asyncio's own `StreamReader` copies every byte twice and returns at most 64 KiB at a time
    by default; the module's 319488-byte responses ask for less ceremony.
    """

    def __init__(
        self,
        connected: Callable[[TcpStream], None] | None = None,
        *,
        pulled: socket.socket | None = None,
    ) -> None:
        """`pulled`: the connection itself, of which nothing is taken before somebody reads."""
        self._connected = connected
        self._pulled = pulled
        #: Bytes in a row that were taken without a turn of the loop.
        self._in_a_row = 0
        self._transport: asyncio.Transport
        self._inbox = Inbox(self._drained)
        self._paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost: StreamError | None = None

    async def read(self, limit: int) -> bytes:
        """What arrived before a reset is still given out."""
        if self._pulled is not None and self._paused and not self._inbox.size:
            if self._in_a_row >= _PULLED:
                self._in_a_row = 0
                await asyncio.sleep(0)
            if data := self._pull(self._pulled, limit):
                return data
            # It waits for the next bytes, or for the end.
            self._paused = False
            with suppress(AttributeError):  # other loops take what comes
                self._transport.max_size = limit  # type: ignore[attr-defined]
            self._transport.resume_reading()
        return await self._inbox.read(limit)

    def _pull(self, connection: socket.socket, limit: int) -> bytes:
        """What has come already; b"" where that is nothing."""
        if self._transport.is_closing():
            return b""
        try:
            data = connection.recv(limit)
        except (BlockingIOError, InterruptedError):
            data = b""
        except OSError as error:
            # The kernel reports a reset once, and an orderly end from then on.
            self.connection_lost(error)
            self._transport.abort()
            data = b""
        self._in_a_row = self._in_a_row + len(data) if data else 0
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """When it returns, the kernel has all of `data`."""
        if self._lost is not None:
            raise self._lost
        self._transport.write(bytes(data))
        await self._writable.wait()
        if self._lost is not None:
            raise self._lost

    @property
    def unacknowledged(self) -> int:
        """Gives 0 on systems that do not say."""
        if sys.platform == "win32" or self._transport.is_closing():
            return 0
        import fcntl
        import termios

        count = bytearray(4)
        try:
            fcntl.ioctl(self._transport.get_extra_info("socket"), termios.TIOCOUTQ, count)
        except OSError:
            return 0
        return int.from_bytes(count, sys.byteorder)

    def close(self) -> None:
        """What was written is still delivered."""
        if self._transport.is_closing():
            return
        self._lose(StreamError("the connection is closed"))
        self._inbox.abandon(StreamError("the connection is closed"))
        # Nothing written waits outside the kernel, so there is nothing to stay for.
        self._transport.abort()

    def duplicate_socket(self) -> socket.socket | None:
        """The connection under another file number; None when it is gone already.

        It lives on until both are closed, and ends with FIN or RST only then.
        """
        connection = self._transport.get_extra_info("socket")
        try:
            duplicate: socket.socket = connection.dup()
        except OSError:
            return None
        return duplicate

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        # The kernel's buffer is enough: `write` comes back when it has everything.
        self._transport.set_write_buffer_limits(high=0)
        if self._pulled is not None:
            self._paused = True
            # Python 3.11.2, that of Debian 12, begins to read after this call all the same.
            asyncio.get_running_loop().call_soon(self._hold)
        if self._connected is not None:
            self._connected(self)

    def _hold(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        self._inbox.put(data)
        at = _PAUSE_AT if self._pulled is None else 0
        if self._inbox.size >= at and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The other direction stays open until `close`."""
        self._inbox.end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        why = reason(exc) if isinstance(exc, OSError) else "it was ended from outside"
        error = StreamError(f"the connection broke: {why}")
        self._lose(error)
        self._inbox.end(error)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _drained(self) -> None:
        if self._paused and self._inbox.size < _RESUME_AT and self._pulled is None:
            self._paused = False
            self._transport.resume_reading()

    def _lose(self, error: StreamError) -> None:
        if self._lost is None:
            self._lost = error
        self._writable.set()


@asynccontextmanager
async def listen(handler: Handler[TcpStream], host: str, port: int) -> AsyncIterator[int]:
    """Serve TCP connections with `handler` until the block is left; gives the port.

    `port` 0 takes a free one. Raises `OSError` when the address cannot be used. Leaving the
    block ends the connections that are still open.
    """
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def accepted(stream: TcpStream) -> None:
        task = loop.create_task(attend(handler, stream))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await loop.create_server(lambda: TcpStream(accepted), host, port)
    try:
        bound: int = server.sockets[0].getsockname()[1]
        yield bound
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
