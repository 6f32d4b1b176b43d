"""What a client of today gets from a server: the handshake of this computer's OpenSSL."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.network import NetworkError
from atwin.probe.chain import key_of

if TYPE_CHECKING:
    from atwin.net.network import Network, Stream

_MOST = 65536


@dataclass(frozen=True, slots=True)
class Modern:
    """The result of the handshake: `TLSv1.3, TLS_AES_256_GCM_SHA384`, and the certificate's key.

    The key is as in `CertificateFacts`; a server may have a certificate with another one too.
    """

    said: str
    key: str


async def ask_as_of_today(
    network: Network, address: str, port: int, name: str | None, deadline: float
) -> Modern | None:
    """What that handshake leads to, None when it fails.

    `name` is the server name to send; `deadline` in seconds.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    to_us, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(to_us, to_server, server_hostname=name)
    try:
        async with asyncio.timeout(deadline):
            stream = await network.connect(address, port)
            try:
                await _shake_hands(tls, stream, to_us, to_server)
            finally:
                stream.close()
    except (NetworkError, OSError, TimeoutError):
        return None
    cipher = tls.cipher()
    found = f"{tls.version()}, {cipher[0] if cipher else 'no cipher'}"
    return Modern(found, key_of(tls.getpeercert(binary_form=True) or b""))


async def _shake_hands(
    tls: ssl.SSLObject, stream: Stream, to_us: ssl.MemoryBIO, to_server: ssl.MemoryBIO
) -> None:
    """Raises `OSError` and `NetworkError` when it comes to nothing."""
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            await stream.write(to_server.read())
        else:
            await stream.write(to_server.read())
            return
        if data := await stream.read(_MOST):
            to_us.write(data)
        else:
            to_us.write_eof()
