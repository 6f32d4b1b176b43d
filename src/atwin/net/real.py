"""The network of the machine the twin runs on."""

from __future__ import annotations

import asyncio
import socket

from atwin.net.address import is_literal
from atwin.net.meter.kernel import limit_segments
from atwin.net.network import ConnectError, ResolveError, Stream
from atwin.net.tcp import TcpStream, describe


class RealNetwork:
    """Names and connections by way of the operating system. No deadlines: cancel instead."""

    async def resolve(self, host: str) -> str:
        """See `Network.resolve`."""
        if is_literal(host):
            return host
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise ResolveError(f"no address for {host!r}: {error.strerror}") from error
        except (OSError, ValueError) as error:
            # A name that cannot be put into a query (label too long, zero byte) is a ValueError.
            raise ResolveError(f"no address for {host!r}: {error}") from error
        found.sort(key=lambda entry: entry[0] != socket.AF_INET)
        return str(found[0][4][0])

    async def connect(self, address: str, port: int) -> Stream:
        """See `Network.connect`. `address` is what `resolve` gave."""
        where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        loop = asyncio.get_running_loop()
        try:
            connection = await _dial(address, port)
            _, stream = await loop.create_connection(TcpStream, sock=connection)
        except ConnectionRefusedError as error:
            raise ConnectError(f"connection to {where} refused") from error
        except OSError as error:
            raise ConnectError(f"connection to {where} failed: {describe(error)}") from error
        return stream


async def _dial(address: str, port: int) -> socket.socket:
    """A connection whose segments are as small as on a cellular link. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio turns Nagle off for sockets that say they are TCP.
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        connection.setblocking(False)
        limit_segments(connection)
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection
