"""AT+HTTPEX…: requests whose bodies pass through without piling up (docs/spec/http.md §3.11)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.commands import SIGN
from atwin.at.dialect.results import HttpExGet
from atwin.at.dialect.urcs import HttpExAction, HttpExGetReady, HttpExPosted, HttpExPostReady
from atwin.at.kinds import BadArgument, Range
from atwin.at.reply import Block, CmeError, Collect, frame_prompt
from atwin.clock.idle import IdleTimeout
from atwin.net.http import HttpExchange
from atwin.net.network import StreamError
from atwin.twin.chapters.http.client import METHODS
from atwin.twin.chapters.http.service import HttpService
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc
    from atwin.net.http import ResponseHead
    from atwin.twin.chapters.http.client import Wanted
    from atwin.twin.chapters.http.service import Session

#: Bytes of one HTTPEXGET without a length, as the vendor's logs show it.
_USUAL_PIECE = 3880
_BIGGEST = 4_294_967_295
#: Seconds an HTTPEXGET waits for the first bytes.
_POLL_SECONDS = 1.0


class HttpStreamCommands(Commands):
    """Requests in pieces, for bodies larger than the buffer (docs/spec/http.md §3.11)."""

    title = "HTTP streaming"

    def __init__(self, run: Run) -> None:
        self._http = run.find(HttpService)

    @command.set("+HTTPEXACTION", needs="ext_http")
    def action(
        self,
        method: Annotated[int, Range(0, 1)],
        length: Annotated[int | None, Range(0, _BIGGEST)] = None,
    ) -> None:
        """Start a streamed request: 0 GET, 1 POST of <length> bytes in all."""
        if METHODS[method] == "POST" and length is None:
            raise BadArgument("length")
        wanted = self._http.wanted(method)
        wanted.announced = length if METHODS[method] == "POST" else None
        stream = StreamSession(self._http, wanted)

        def urc(status: int, amount: int) -> Urc:
            return HttpExAction(method, status)

        # The host sets the pace, so TIMEOUT limits each wait for the server instead.
        self._http.act("HTTPEXACTION", wanted, stream.run, urc, deadline=False)
        self._http.session.stream = stream

    @command.test("+HTTPEXACTION", needs="ext_http")
    def action_test(self) -> str:
        """The methods."""
        return "+HTTPEXACTION: (0-1)"

    @command.set("+HTTPEXPOST", needs="ext_http", last=True)
    def post(
        self,
        length: Annotated[int, Range(1, _BIGGEST)],
        time: Annotated[int, Range(1, 120000)] = 10000,
    ) -> Collect:
        """Send <length> bytes of the request body, typed within <time> ms."""
        stream = self._running()
        if not stream.may_post(length):
            raise CmeError(Cme.NOT_ALLOWED)
        return Collect(frame_prompt(SIGN), length, time / 1000, stream.post)

    @command.set("+HTTPEXGET", bare=True, needs="ext_http")
    def get(
        self,
        length: Annotated[int, Range(1, _BIGGEST)] = _USUAL_PIECE,
    ) -> Block | Awaitable[Block]:
        """Fetch waiting response bytes: 3880 at most, or <length>.

        Where none are there yet it waits a second for them, and then gives 0.
        """
        stream = self._running()
        data = stream.fetch(length)
        return _block(data) if data else self._polled(stream, length)

    async def _polled(self, stream: StreamSession, length: int) -> Block:
        """For programs that ask before +HTTPEXGET tells them to (D-210)."""
        await stream.arrival(_POLL_SECONDS)
        return _block(stream.fetch(length))

    def _running(self) -> StreamSession:
        stream = self._http.session.stream
        if stream is None:
            raise CmeError(Cme.NOT_ALLOWED)
        return stream


def _block(data: bytes) -> Block:
    return Block(HttpExGet(len(data)), data)


class StreamSession:
    """One HTTPEXACTION, from its OK to its closing URC.

    At most `window` bytes of the response are held; beyond that the connection is not read,
    and TCP makes the server wait.
    """

    def __init__(self, http: HttpService, wanted: Wanted) -> None:
        self._http = http
        self._wanted = wanted
        self._window = http.profile.limit("http_buffer")
        self._to_post = wanted.announced or 0
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._accepts_posts = False
        self._waiting = bytearray()
        self._announced = False
        self._fetched = asyncio.Event()
        #: Set when bytes come, or the response ends, while an HTTPEXGET waits.
        self._arrival: asyncio.Event | None = None

    @property
    def waiting(self) -> int:
        """Bytes of the response that the host has not fetched so far."""
        return len(self._waiting)

    def may_post(self, size: int) -> bool:
        """Whether the body takes `size` more bytes now."""
        return self._accepts_posts and size <= self._to_post

    def post(self, data: bytes) -> None:
        """Hand over one piece of the request body."""
        self._to_post -= len(data)
        self._outgoing.put_nowait(data)

    def fetch(self, size: int) -> bytes:
        """Take up to `size` of the waiting bytes; b"" when none wait."""
        data = bytes(self._waiting[:size])
        del self._waiting[:size]
        if data:
            self._http.note_fill(len(self._waiting))
            self._announced = False
            self._fetched.set()
            self._announce()
        return data

    async def arrival(self, seconds: float) -> None:
        """Wait for bytes, or for the end of the response; no URC reports these bytes."""
        self._arrival = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._arrival.wait()
        self._arrival = None

    async def run(self, session: Session) -> tuple[int, int]:
        """Carry the request out; status and bytes of the response's body."""
        try:
            return await self._carry_out(session)
        finally:
            if self._arrival is not None:
                self._arrival.set()

    async def _carry_out(self, session: Session) -> tuple[int, int]:
        client, wanted = self._http.client, self._wanted
        if wanted.method == "GET":
            async with AsyncExitStack() as open_now:
                async with asyncio.timeout(wanted.parameters.timeout):
                    exchange = await open_now.enter_async_context(client.response(wanted))
                return await self._hand_over(session, exchange)
        step = client.first_step(wanted)
        async with asyncio.timeout(wanted.parameters.timeout):
            connection = await client.connect(wanted, step.url)
        try:
            exchange = HttpExchange(connection.stream, client.request(wanted, step))
            await exchange.send_head()
            await self._post_until_answered(exchange)
        except BaseException:
            connection.close()
            raise
        async with AsyncExitStack() as open_now:
            async with asyncio.timeout(wanted.parameters.timeout):
                followed = client.followed(wanted, step, connection, exchange)
                final = await open_now.enter_async_context(followed)
            return await self._hand_over(session, final)

    async def _post_until_answered(self, exchange: HttpExchange) -> None:
        """Send the body as the host hands it over; the server may answer before it has it all."""
        answer = asyncio.ensure_future(exchange.read_response())
        try:
            if self._to_post:
                await self._send_body(exchange, answer)
            async with asyncio.timeout(self._wanted.parameters.timeout):
                await answer
        finally:
            answer.cancel()

    async def _send_body(
        self, exchange: HttpExchange, answer: asyncio.Future[ResponseHead]
    ) -> None:
        self._accepts_posts = True
        self._http.urc(HttpExPostReady())
        left = self._to_post
        while left:
            piece = asyncio.ensure_future(self._outgoing.get())
            try:
                await asyncio.wait((piece, answer), return_when=asyncio.FIRST_COMPLETED)
                if not piece.done():
                    break
            finally:
                piece.cancel()  # the bearer may be lost meanwhile, and with it all of this
            data = piece.result()
            try:
                await exchange.send_body(data)
            except StreamError:
                break  # why, the answer tells, or its absence
            left -= len(data)
            self._http.urc(HttpExPosted(len(data)))
        self._accepts_posts = False

    async def _hand_over(self, session: Session, exchange: HttpExchange) -> tuple[int, int]:
        """Read as the host fetches, until it has fetched all; status and body bytes."""
        self._http.keep_head(session, exchange.head.block)
        ended = False
        async with IdleTimeout(self._wanted.parameters.timeout) as server:
            while not ended or self._waiting:
                room = self._window - len(self._waiting)
                if ended or room == 0:
                    server.stop()
                    self._fetched.clear()
                    await self._fetched.wait()
                    continue
                server.stir()
                data = await exchange.read(room)
                ended = not data
                self._waiting += data
                self._http.note_fill(len(self._waiting))
                self._announce()
        return exchange.head.status, exchange.received

    def _announce(self) -> None:
        """One URC for what waits; the next one only after the host has fetched."""
        if self._waiting and self._arrival is not None:
            self._arrival.set()
        elif self._waiting and not self._announced:
            self._announced = True
            self._http.urc(HttpExGetReady())
