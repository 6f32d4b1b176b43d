"""What a server speaks with a client of today: too new for a module, or dead?"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass

from atwin.probe.chain import key_of


@dataclass(frozen=True, slots=True)
class Modern:
    """What came of the handshake: `TLSv1.3, TLS_AES_256_GCM_SHA384`, and the certificate's key.

    The key is as in `CertificateFacts`; a server may have a certificate with another one too.
    """

    said: str
    key: str

    @property
    def has_rsa_key(self) -> bool:
        """Whether the certificate that was shown has an RSA key."""
        return self.key.startswith("RSA")


async def speaks(address: str, port: int, name: str | None, deadline: float) -> Modern | None:
    """What the handshake that the system's OpenSSL makes leads to, None when it fails.

    `name` is the server name to send; `deadline` in seconds.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(deadline):
            _, writer = await asyncio.open_connection(
                address, port, ssl=context, server_hostname=name or ""
            )
    except (OSError, TimeoutError):
        return None
    made: ssl.SSLObject = writer.get_extra_info("ssl_object")
    cipher = made.cipher()
    found = f"{made.version()}, {cipher[0] if cipher else 'no cipher'}"
    certificate = made.getpeercert(binary_form=True) or b""
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
    return Modern(found, key_of(certificate))
