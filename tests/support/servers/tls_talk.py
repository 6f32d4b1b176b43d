"""Talking to test servers: one request over TLS, servers that misbehave, a tlslite server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

from tlslite.handshakesettings import HandshakeSettings
from tlslite.tlsconnection import TLSConnection
from tlslite.utils.keyfactory import parsePEMKey
from tlslite.x509 import X509
from tlslite.x509certchain import X509CertChain

from atwin.net.tls import secure
from atwin.net.tls.errors import TlsHandshakeError
from support.running.patience import PATIENCE
from support.servers.sockets import dial

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from atwin.net.tls import TlsProfile
    from atwin.net.tls.engine import TlsResult
    from atwin.net.tls.errors import TlsFailure
    from atwin.net.tls.stream import TlsStream
    from support.servers.tls_pki import Issued

#: 2030-01-01, when the ordinary test certificates are valid.
WALL = 1_893_456_000.0


async def fetch(
    port: int, profile: TlsProfile, path: str = "/", at_most: int | None = None
) -> tuple[TlsResult, bytes]:
    """One HTTP request over TLS; what the handshake gave, and the body of the answer."""
    stream = await secure(await dial(port, at_most), profile, wall=WALL)
    await stream.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    answer = await read_all(stream)
    stream.close()
    return stream.result, answer.partition(b"\r\n\r\n")[2]


async def read_all(stream: TlsStream, limit: int = 1 << 16) -> bytes:
    """Everything up to the end of the stream."""
    parts = []
    while part := await stream.read(limit):
        parts.append(part)
    return b"".join(parts)


async def refused(port: int, profile: TlsProfile) -> TlsFailure:
    """The failure of a handshake that must fail."""
    stream = await dial(port)
    try:
        secured = await secure(stream, profile, wall=WALL)
    except TlsHandshakeError as error:
        assert stream.closed
        return error.failure
    raise AssertionError(f"the handshake went through: {secured.result}")


@contextlib.asynccontextmanager
async def raw_server(
    script: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A server that treats every connection as `script` does, then closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await script(reader, writer)
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()


def record(kind: int, payload: bytes, version: int = 0x0303) -> bytes:
    """One record in clear text."""
    return bytes([kind]) + version.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload


def message(kind: int, content: bytes) -> bytes:
    """One handshake message."""
    return bytes([kind]) + len(content).to_bytes(3, "big") + content


def server_hello(version: int = 0x0303, suite: int = 0x0035, extensions: bytes = b"") -> bytes:
    """A ServerHello message; `extensions` without their common length."""
    content = version.to_bytes(2, "big") + bytes(32) + b"\0" + suite.to_bytes(2, "big") + b"\0"
    if extensions:
        content += len(extensions).to_bytes(2, "big") + extensions
    return message(2, content)


def certificate_message(*certificates: bytes) -> bytes:
    """A Certificate message."""
    entries = b"".join(len(one).to_bytes(3, "big") + one for one in certificates)
    return message(11, len(entries).to_bytes(3, "big") + entries)


@contextlib.contextmanager
def tlslite_server(
    identity: Issued,
    script: Callable[[Any, socket.socket], None],
    *,
    greeting: bytes = b"",
) -> Iterator[int]:
    """A tlslite server in a thread, with all suites and versions; `script` runs after the
    handshake with the connection and its bare socket. `greeting` goes out before it."""
    certificate = X509()
    certificate.parseBinary(identity.der)
    key = parsePEMKey(identity.key_pem.decode(), private=True)
    settings = HandshakeSettings()
    settings.minVersion, settings.maxVersion = (3, 0), (3, 3)
    settings.versions = [(3, 3), (3, 2), (3, 1), (3, 0)]
    settings.cipherNames = ["aes256", "aes128", "rc4", "3des"]
    settings.macNames = ["sha", "sha256", "md5"]
    settings.minKeySize = 1024
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            # What goes wrong here is what a test wants to see at the other end.
            with plain, contextlib.suppress(Exception):
                plain.settimeout(PATIENCE)
                plain.sendall(greeting)
                secured = TLSConnection(plain)
                secured.handshakeServer(
                    certChain=X509CertChain([certificate]), privateKey=key, settings=settings
                )
                script(secured, plain)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
