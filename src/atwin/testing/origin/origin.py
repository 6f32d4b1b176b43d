"""The server: requests in, answers out, and a log of both."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from http.client import responses
from typing import TYPE_CHECKING

import h11

from atwin.net.tcp import listen
from atwin.testing.origin.resource import Answer, Resource, plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from atwin.net.network import Stream

#: Bytes of content per write.
_PIECE = 256 * 1024
#: Bytes taken from a client at a time.
_READ = 64 * 1024
#: Seconds that a client may take to hang up after a last answer.
_GOODBYE = 2.0
#: Requests that the log keeps: a server that stays up for days must not grow with each.
LOGGED = 10_000

_ABSOLUTE = re.compile(rb"https?://[^/?]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Logged:
    """One request and its response."""

    method: str
    #: As in the request line, so with its query.
    target: str
    #: Lower-case names, in the order received.
    headers: tuple[tuple[bytes, bytes], ...]
    #: Bytes of the request's body.
    received: int
    status: int
    #: Bytes of the response's body given to the connection, chunked coding not counted.
    sent: int

    def get(self, name: bytes) -> bytes | None:
        """The first header called `name` (in lower case)."""
        return next((value for key, value in self.headers if key == name), None)


class Origin:
    """Serves `resources`, a mapping of paths that may be changed at any time.

    `wall` is the clock of the Date header: UTC seconds since 1970. `body_limit` is the
    largest request body taken, in bytes. `log` has the last 10,000 requests, as `Logged`, in the
    order in which their answers ended; `requests` and `connections` count all so far.
    """

    def __init__(
        self,
        resources: dict[str, Resource] | None = None,
        *,
        wall: Callable[[], float] = time.time,
        body_limit: int = 16 * 1024 * 1024,
    ) -> None:
        self.resources: dict[str, Resource] = resources if resources is not None else {}
        self.log: list[Logged] = []
        #: Those whose answers have ended, complete or not.
        self.requests = 0
        #: Connections accepted so far.
        self.connections = 0
        self._wall = wall
        self._body_limit = body_limit

    async def handle(self, stream: Stream) -> None:
        """Serve one connection until the client is done with it."""
        self.connections += 1
        client = _Client(stream)
        try:
            while (request := await client.next_request()) is not None:
                await self._serve(client, request)
                if client.parser.our_state is not h11.DONE:
                    return
                client.parser.start_next_cycle()
        except h11.RemoteProtocolError as error:
            # Whatever was wrong, nothing that follows it can be understood.
            if client.parser.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                reason = f"{error}\n".encode()
                refusal = plain(error.error_status_hint, reason, [("Connection", "close")])
                await self._send(client, "GET", refusal)
            await client.hang_up()

    async def _serve(self, client: _Client, request: h11.Request) -> None:
        method = request.method.decode("ascii")
        target = request.target.decode("latin-1")
        body = await client.body(self._body_limit)
        if body is None:
            answer = plain(413, b"the body is too large\n", [("Connection", "close")])
        else:
            answer = self._answer(method, request, body)
        sent = 0
        try:
            async for length in self._pieces(client, method, answer):
                sent += length
        finally:
            headers = tuple((bytes(name), bytes(value)) for name, value in request.headers)
            received = len(body or b"")
            self.log.append(Logged(method, target, headers, received, answer.status, sent))
            del self.log[:-LOGGED]
            self.requests += 1
        if body is None:
            await client.hang_up()

    def _answer(self, method: str, request: h11.Request, body: bytes) -> Answer:
        target = _ABSOLUTE.sub(b"", request.target, count=1) or b"/"
        path = target.partition(b"?")[0].decode("latin-1")
        resource = self._find(path)
        if method not in ("GET", "HEAD", "POST"):
            return plain(501, b"only GET, HEAD and POST\n")
        if resource is None:
            return plain(404, b"nothing here\n")
        if method not in resource.methods:
            allow = ("Allow", ", ".join(resource.methods))
            return plain(405, b"not with this method\n", [allow])
        return resource.answer(method, dict(request.headers), body)

    def _find(self, path: str) -> Resource | None:
        """What is at the path of a request, which is as it came."""
        return self.resources.get(path)

    async def _send(self, client: _Client, method: str, answer: Answer) -> None:
        async for _ in self._pieces(client, method, answer):
            pass

    async def _pieces(self, client: _Client, method: str, answer: Answer) -> AsyncIterator[int]:
        """Send `answer`; yields the length of every piece of the body that has gone."""
        lines = [("Date", formatdate(self._wall(), usegmt=True)), *answer.headers]
        if answer.chunked:
            lines.append(("Transfer-Encoding", "chunked"))
        elif answer.status not in (204, 304):
            lines.append(("Content-Length", str(answer.length)))
        reason = responses.get(answer.status, "").encode("ascii")
        start_line = h11.Response(status_code=answer.status, headers=lines, reason=reason)
        head = client.parser.send(start_line)
        length = 0 if method == "HEAD" or answer.status in (204, 304) else answer.length
        for start in range(answer.start, answer.start + length, _PIECE):
            piece = answer.content.read(start, min(_PIECE, answer.start + length - start))
            # The head travels with the first bytes, so that a small answer is one segment.
            await client.send(head + client.parser.send(h11.Data(data=piece)))
            head = b""
            yield len(piece)
        await client.send(head + client.parser.send(h11.EndOfMessage()))


class _Client:
    """A connection with h11 on it."""

    def __init__(self, stream: Stream) -> None:
        self.parser = h11.Connection(h11.SERVER)
        self._stream = stream

    async def send(self, data: bytes) -> None:
        if data:
            await self._stream.write(data)

    async def next_request(self) -> h11.Request | None:
        event = await self._event()
        return event if isinstance(event, h11.Request) else None

    async def body(self, limit: int) -> bytes | None:
        """The body of the request; None when it has more than `limit` bytes."""
        body = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > limit:
                return None
        return bytes(body)

    async def hang_up(self) -> None:
        """Wait for the client to close: closing first, on unread bytes, may cost it the answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                while await self._stream.read(_READ):
                    pass

    async def _event(self) -> h11.Event:
        while (event := self.parser.next_event()) is h11.NEED_DATA:
            if self.parser.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                await self.send(self.parser.send(go_on))
            self.parser.receive_data(await self._stream.read(_READ))
        assert not isinstance(event, type), "h11 is only paused between cycles"
        return event


@asynccontextmanager
async def serve_tcp(origin: Origin, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve `origin` on TCP until the block is left; gives the port (0 takes a free one).

    Raises `OSError` when the address cannot be used.
    """
    async with listen(origin.handle, host, port) as bound:
        yield bound
