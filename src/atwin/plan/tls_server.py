"""The server's end of TLS, over a stream in memory."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from atwin.net.meter.tls_size import LARGEST_RECORD
from atwin.net.network import StreamError

if TYPE_CHECKING:
    from atwin.net.network import Stream

#: Bytes taken from the connection at a time.
_CHUNK = 64 * 1024


class TlsServerStream:
    """A secure `Stream` for a server, by the TLS of Python; `shake_hands` comes first.

    It seals the largest records there are, as nginx does; OpenSSL makes smaller ones of a long
    piece. It says no close_notify at its end, as few servers do, and asks for none.
    """

    def __init__(self, stream: Stream, context: ssl.SSLContext) -> None:
        self._stream = stream
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    async def shake_hands(self) -> None:
        """Raises `StreamError` when it fails, or the connection breaks."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError as error:
                await self._flush()
                raise StreamError(f"no TLS: {error.reason}") from error
            else:
                await self._flush()
                return

    async def read(self, limit: int) -> bytes:
        """Gives b"" at the end of TLS, and of the connection."""
        while True:
            try:
                return self._tls.read(limit)
            except ssl.SSLWantReadError:
                await self._feed()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                raise StreamError(f"TLS broke: {error.reason}") from error

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it. Raises `StreamError`."""
        with memoryview(data) as view:
            for start in range(0, len(view), LARGEST_RECORD):
                try:
                    self._tls.write(view[start : start + LARGEST_RECORD])
                except ssl.SSLError as error:
                    raise StreamError(f"TLS broke: {error.reason}") from error
        await self._flush()

    def close(self) -> None:
        """Let go of the connection."""
        self._stream.close()

    async def _feed(self) -> None:
        data = await self._stream.read(_CHUNK)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    async def _flush(self) -> None:
        if self._out.pending:
            await self._stream.write(self._out.read())
