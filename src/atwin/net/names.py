"""Asking name servers of one's own choice for an address, by UDP (RFC 1035).

Messages are made and read by dnspython, which is an extra (`pip install atwin[dns]`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from atwin.net.network import NetworkError, ResolveError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dns.message import Message

    from atwin.net.network import NameServers, Stream

#: Questions to each server, and seconds each may take: two servers in vain take 12 s.
TRIES, PATIENCE = 2, 3.0
#: No datagram is larger.
_LARGEST = 65_535


def can_ask() -> bool:
    """Whether dnspython is installed."""
    try:
        return find_spec("dns.message") is not None
    except ModuleNotFoundError:
        return False


async def ask(
    open_udp: Callable[[str, int], Awaitable[Stream]], host: str, servers: NameServers
) -> str:
    """The first IPv4 address of `host`, from the first server that knows.

    `open_udp`: see `Network.open_udp`. Raises `ResolveError`, and `UnansweredError` when no server
    gives an answer that can be used.
    """
    from dns.exception import DNSException
    from dns.message import make_query
    from dns.rcode import Rcode

    try:
        question = make_query(host, "A")
        question.to_wire()
    except (DNSException, ValueError) as error:
        raise ResolveError(f"no address for {host!r}: {error}") from error
    for server in servers.addresses:
        for _ in range(TRIES):
            answer = None
            with suppress(TimeoutError, NetworkError):
                async with asyncio.timeout(PATIENCE):
                    answer = await _exchange(open_udp, question, server, servers)
            if answer is None:
                continue
            if (code := answer.rcode()) not in (Rcode.NOERROR, Rcode.NXDOMAIN):
                break
            if (address := _address_in(answer)) is None:
                raise ResolveError(f"no address for {host!r}: {server} says {code.name}")
            return address
    asked = ", ".join(servers.addresses)
    raise UnansweredError(f"no address for {host!r}: no answer from {asked}")


async def _exchange(
    open_udp: Callable[[str, int], Awaitable[Stream]],
    question: Message,
    server: str,
    servers: NameServers,
) -> Message:
    """One question and its answer; what else comes is passed over. No deadline: cancel instead."""
    from dns.exception import DNSException
    from dns.message import from_wire

    stream = await open_udp(server, servers.port)
    if servers.tap is not None:
        stream = servers.tap(stream, server, servers.port)
    try:
        await stream.write(question.to_wire())
        while True:
            datagram = await stream.read(_LARGEST)
            with suppress(DNSException, ValueError):
                answer = from_wire(datagram, ignore_trailing=True)
                if question.is_response(answer):
                    return answer
    finally:
        stream.close()


def _address_in(answer: Message) -> str | None:
    """The address at the end of its aliases."""
    from dns.exception import DNSException
    from dns.message import QueryMessage

    assert isinstance(answer, QueryMessage)
    with suppress(DNSException):
        if records := answer.resolve_chaining().answer:
            return str(records[0])
    return None
