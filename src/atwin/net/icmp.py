"""Echo requests from an unprivileged program: ICMP datagram sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

from atwin.disk.errors import reason
from atwin.net.network import ConnectError, Pong

_HEADER = struct.Struct("!BBHHH")
_ECHO, _ECHO_REPLY = 8, 0
#: Told where the system does not say with how many hops left the answer came.
_USUAL_TTL = 64


async def ping(address: str, size: int, ttl: int) -> Pong:
    """Send one echo request and wait for its answer. No deadline: cancel instead.

    Raises `ConnectError` when this system lets no program of this user ping (on Linux the
    sysctl net.ipv4.ping_group_range decides), or has no way to `address`.
    """
    loop = asyncio.get_running_loop()
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as sock:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            if hasattr(socket, "IP_RECVTTL"):
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTTL, 1)
            sock.connect((address, 0))
            start = loop.time()
            # Checksum and identifier are the system's business.
            sock.send(_HEADER.pack(_ECHO, 0, 0, 0, 1) + bytes(size))
            while True:
                message, left = await _receive(sock)
                if message[:1] == bytes((_ECHO_REPLY,)):
                    return Pong(loop.time() - start, left)
    except (OSError, NotImplementedError) as error:  # the latter on Windows
        raise ConnectError(f"no ping to {address}: {reason(error)}") from error


async def _receive(sock: socket.socket) -> tuple[bytes, int]:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sock)
    message, extra, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(4))
    left = _USUAL_TTL
    for level, kind, data in extra:
        if level == socket.IPPROTO_IP and kind == socket.IP_TTL:
            left = int.from_bytes(data[:4], sys.byteorder)
    return message, left
