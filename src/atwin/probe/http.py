"""What the server does with the requests a module makes (docs/spec/http.md §7, flows.md §3)."""

import asyncio
from dataclasses import dataclass

from atwin.net.http import HttpExchange, Request, open_exchange
from atwin.net.network import Network, NetworkError, Stream
from atwin.net.tls import TlsProfile, secure
from atwin.net.url import Url


@dataclass(frozen=True, slots=True)
class HttpFacts:
    """`problem` says why there are no others. `head_bytes` is the size of the header block.

    `handshake`: TLS was established, however HTTP went. `ranges` is None when the answer says
    nothing about them: an error page or a redirect is not the file. `location`: where a redirect
    leads.
    """

    status: int = 0
    length: int | None = None
    head_bytes: int = 0
    ranges: bool | None = None
    location: str | None = None
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
                keep_alive = b"close" not in (head.head.get(b"connection") or b"").lower()
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
    length, location = head.head.get(b"content-length"), head.head.get(b"location")
    facts = HttpFacts(
        status=head.head.status,
        length=int(length) if length is not None else None,
        head_bytes=len(head.head.block),
        ranges=_ranges(part.head.status),
        location=location.decode("latin-1") if location is not None else None,
        keep_alive=keep_alive,
    )
    return facts, handshakes


async def _ranged(stream: Stream, url: str) -> HttpExchange:
    request = Request("GET", Url.parse(url.encode()), headers=((b"Range", b"bytes=0-1"),))
    return await open_exchange(stream, request)


def _ranges(status: int) -> bool | None:
    if status in (206, 416):  # 416: the range was understood, and the file is shorter
        return True
    return False if 200 <= status < 300 else None
