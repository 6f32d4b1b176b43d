"""What a server speaks with a client of today: too new for a module, or dead?"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress


async def speaks(address: str, port: int, name: str | None, deadline: float) -> str | None:
    """`TLSv1.3, TLS_AES_256_GCM_SHA384` for the handshake the system's OpenSSL makes, or None.

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
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
    return found
