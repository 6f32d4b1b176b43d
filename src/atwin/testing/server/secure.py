"""An origin behind TLS that suits modules: static RSA, as far as this computer's OpenSSL has it."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from atwin.net.network import StreamError, attend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from atwin.testing.origin.origin import Origin

#: Of the six suites of a module those with AES. OpenSSL 3 is built without RC4 and 3DES.
_SUITES = "AES256-SHA:AES128-SHA:AES256-SHA256:@SECLEVEL=0"


class SecureStream:
    """See `Stream`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self, limit: int) -> bytes:
        try:
            return await self._reader.read(limit)
        except OSError as error:
            raise StreamError(str(error)) from error

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise StreamError(str(error)) from error

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def serve_tls(
    origin: Origin, host: str, port: int, certificates: Path, *, both_ways: bool = False
) -> AsyncIterator[int]:
    """Serve `origin` until the block is left, with what `make_certificates` wrote; gives the port.

    `both_ways`: a client must show a certificate of that CA. Raises `OSError` when the address
    cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(_SUITES)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    if both_ways:
        context.load_verify_locations(certificates / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await attend(origin.handle, SecureStream(reader, writer))

    server = await asyncio.start_server(handle, host, port, ssl=context)
    try:
        bound: int = server.sockets[0].getsockname()[1]
        yield bound
    finally:
        server.close()
