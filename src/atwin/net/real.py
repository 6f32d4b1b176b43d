"""The network of the machine the twin runs on."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import suppress

from atwin.disk.errors import reason
from atwin.net import icmp
from atwin.net.meter.kernel import limit_segments
from atwin.net.meter.model import MSS
from atwin.net.names import ask
from atwin.net.network import (
    PLAIN,
    ConnectError,
    KeepAlive,
    NameServers,
    Pong,
    ResolveError,
    SocketOptions,
    Stream,
    address_and_port,
    is_literal,
)
from atwin.net.tcp import TcpStream
from atwin.net.udp import UdpStream

#: Bytes of the window where nothing slows the reader down.
UNPACED = 256 * 1024
#: A socket option of Linux.
_BIND_ADDRESS_NO_PORT = 24


class RealNetwork:
    """Names and connections by way of the operating system. No deadlines: cancel instead."""

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        if is_literal(host):
            return host
        if servers is not None:
            return await ask(self.open_udp, host, servers)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise ResolveError(f"no address for {host!r}: {reason(error)}") from error
        except (OSError, ValueError) as error:
            # A name that cannot be put into a query (label too long, zero byte) is a ValueError.
            raise ResolveError(f"no address for {host!r}: {error}") from error
        found.sort(key=lambda entry: entry[0] != socket.AF_INET)
        return str(found[0][4][0])

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        """`address` is what `resolve` gave."""
        loop = asyncio.get_running_loop()
        try:
            connection = await _dial(address, port, options)
            _, stream = await loop.create_connection(
                lambda: TcpStream(pulled=connection if options.window else None), sock=connection
            )
        except ConnectionRefusedError as error:
            raise ConnectError(
                f"connection to {address_and_port(address, port)} refused"
            ) from error
        except OSError as error:
            raise _failed(address, port, error) from error
        if options.keep_alive is not None:
            _keep_alive(connection, options.keep_alive)
        return stream

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        return await icmp.ping(address, size, ttl)

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        """`address` is what `resolve` gave."""
        loop = asyncio.get_running_loop()
        try:
            _, stream = await loop.create_datagram_endpoint(
                UdpStream, remote_addr=(address, port), local_addr=_local(address, options)
            )
        except OSError as error:
            raise _failed(address, port, error) from error
        return stream


async def _dial(address: str, port: int, options: SocketOptions) -> socket.socket:
    """A connection whose segments are as small as on a cellular link. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio turns Nagle off for sockets that say they are TCP.
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        connection.setblocking(False)
        limit_segments(connection)
        if options.window:
            unpaced = UNPACED if options.unpaced else 0
            limit_window(connection, max(options.window, unpaced))
        if (local := _local(address, options)) is not None:
            connection.bind(local)
        elif options.window and not options.unpaced and address.startswith("127."):
            _come_from_elsewhere(connection)
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def limit_window(connection: socket.socket, window: int) -> None:
    """Before connecting: a receive buffer that holds about `window` bytes.

    Linux doubles the size and counts what a segment takes besides its data.
    """
    size = window // 2 + MSS if sys.platform == "linux" else window
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def _come_from_elsewhere(connection: socket.socket) -> None:
    """Let it have another address of this computer than what else connects to a server here.

    Linux remembers by address how many segments were on the way at once, and buffers megabytes
    at the server for who once was fast. A module never is (D-287).
    """
    if sys.platform == "linux":
        connection.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        with suppress(OSError):
            connection.bind((f"127.127.{1 + os.getpid() // 250 % 250}.{1 + os.getpid() % 250}", 0))


def _failed(address: str, port: int, error: OSError) -> ConnectError:
    return ConnectError(f"connection to {address_and_port(address, port)} failed: {reason(error)}")


def _local(address: str, options: SocketOptions) -> tuple[str, int] | None:
    if not options.local_port:
        return None
    return ("::" if ":" in address else "0.0.0.0", options.local_port)


def _keep_alive(connection: socket.socket, wanted: KeepAlive) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # macOS calls the first one TCP_KEEPALIVE.
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
    for option, value in (
        (idle, wanted.idle),
        (socket.TCP_KEEPINTVL, wanted.interval),
        (socket.TCP_KEEPCNT, wanted.count),
    ):
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
