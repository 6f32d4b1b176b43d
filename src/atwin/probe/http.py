"""What the server does with the requests a module makes (spec: http.md §7, flows.md §3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.http import Request, open_exchange
from atwin.net.network import NetworkError
from atwin.net.tls import TlsProfile, secure
from atwin.net.url import Url

if TYPE_CHECKING:
    from atwin.net.http import Exchange
    from atwin.net.network import Network, Stream


@dataclass(frozen=True, slots=True)
class HttpFacts:
    """`problem` says why there are no others. `head_bytes` is the size of the header block.

    `handshake`: TLS came to be, whatever became of HTTP.
    """

    status: int = 0
    length: int | None = None
    head_bytes: int = 0
    ranges: bool = False
    keep_alive: bool = False
    problem: str | None = None
    handshake: bool = True


async def http_facts(
    network: Network, url: str, address: str, port: int, profile: TlsProfile, wall: float
) -> tuple[HttpFacts, int]:
    """HEAD, then a ranged GET on the same connection; the facts, and how many handshakes."""
    handshakes = completed = 0

    async def connect() -> Stream:
        nonlocal handshakes, completed
        handshakes += 1
        stream = await secure(await network.connect(address, port), profile, wall=wall)
        completed += 1
        return stream

    def failed(problem: str) -> tuple[HttpFacts, int]:
        return HttpFacts(problem=problem, handshake=completed > 0), handshakes

    try:
        async with asyncio.timeout(profile.deadline):
            stream = await connect()
            try:
                head = await open_exchange(stream, Request("HEAD", Url.parse(url.encode())))
                keep_alive = not _says_close(head)
                if keep_alive:
                    try:
                        part = await _ranged(stream, url)
                    except NetworkError:
                        keep_alive = False
                if not keep_alive:
                    stream.close()
                    stream = await connect()
                    part = await _ranged(stream, url)
            finally:
                stream.close()
    except TimeoutError:
        return failed(f"no whole answer in {profile.deadline:g} s")
    except NetworkError as error:
        return failed(str(error))
    length = head.head.get(b"content-length")
    facts = HttpFacts(
        status=head.head.status,
        length=int(length) if length is not None else None,
        head_bytes=len(head.head.block),
        ranges=part.head.status == 206,
        keep_alive=keep_alive,
    )
    return facts, handshakes


async def _ranged(stream: Stream, url: str) -> Exchange:
    request = Request("GET", Url.parse(url.encode()), headers=((b"Range", b"bytes=0-1"),))
    return await open_exchange(stream, request)


def _says_close(exchange: Exchange) -> bool:
    return b"close" in (exchange.head.get(b"connection") or b"").lower()
