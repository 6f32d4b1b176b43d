"""From parameters to a response: address, slot, connection, TLS, exchange, redirects.

What HTTPACTION, HTTPEXACTION and HTTPGETTOFS have in common (docs/spec/http.md §3.5, §6, §8, §9).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from atwin.at.dialect.statuses import Status
from atwin.net.http import HttpExchange, Request, open_exchange
from atwin.net.meter.account import metered_http
from atwin.net.network import NetworkError, Stream, address_and_port
from atwin.net.url import Url
from atwin.twin.chapters.bearer import Bearers
from atwin.twin.chapters.http.failure import ActionFailed, Cause, from_network
from atwin.twin.chapters.http.redirect import Step, next_step
from atwin.twin.chapters.network.names import Names
from atwin.twin.chapters.ssl import HTTP_CONTEXT, Ssl

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.twin.chapters.http.parameters import Parameters
    from atwin.twin.engine.pool import Slot
    from atwin.twin.engine.run import Run

METHODS = ("GET", "POST", "HEAD")
_MOST_HOPS = 5


class Phase(Enum):
    """How far a request has got: it decides what a time-out is called."""

    RESOLVE = Status.DNS_ERROR
    CONNECT = Status.NETWORK_ERROR
    HANDSHAKE = Status.SSL_NOT_ESTABLISHED
    EXCHANGE = Status.REQUEST_TIMEOUT


@dataclass(slots=True)
class Wanted:
    """One request as the parameters had it when the command came."""

    method: str
    parameters: Parameters
    default_scheme: str
    body: bytes = b""
    #: Bytes to announce, for a body that is sent piece by piece.
    announced: int | None = None
    phase: Phase = Phase.RESOLVE


class Connection:
    """An open connection in its slot of the pool; one per request, never used again."""

    def __init__(self, stream: Stream, slot: Slot) -> None:
        self.stream = stream
        self._slot = slot

    def close(self) -> None:
        """Let go of both."""
        self.stream.close()
        self._slot.release()


class HttpClient:
    """Makes the connections; whoever gets one closes it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._hardware = run.hardware
        self._bearers = run.find(Bearers)
        self._ssl = run.find(Ssl)
        self._names = run.find(Names)

    @asynccontextmanager
    async def guarded(self, wanted: Wanted, *, deadline: bool = True) -> AsyncIterator[None]:
        """Whatever ends a request inside comes out as `ActionFailed`.

        That is a broken network, the expired TIMEOUT (if `deadline`), the bearer going down.
        """
        if not self._bearers.ready(wanted.parameters.cid):
            raise ActionFailed(Status.NETWORK_ERROR, Cause.PDP, "the bearer is not open")
        task = asyncio.current_task()
        assert task is not None
        is_lost = False

        def lost() -> None:
            nonlocal is_lost
            is_lost = True
            task.cancel()

        unwatch = self._bearers.watch(wanted.parameters.cid, lost)
        try:
            async with asyncio.timeout(wanted.parameters.timeout if deadline else None):
                yield
        except NetworkError as error:
            raise from_network(error) from error
        except TimeoutError:
            raise self.timed_out(wanted) from None
        except asyncio.CancelledError:
            if not is_lost:
                raise
            task.uncancel()
            raise ActionFailed(Status.NETWORK_ERROR, Cause.PDP, "the bearer was lost") from None
        finally:
            unwatch()

    def timed_out(self, wanted: Wanted) -> ActionFailed:
        """The failure of a request whose time is up (docs/spec/http.md §4, tls.md §5, OQ-16)."""
        status = int(wanted.phase.value)
        if wanted.phase is Phase.EXCHANGE:
            status = self._hardware.profile.quirks.timeout_status
        why = f"TIMEOUT of {wanted.parameters.timeout} s while in {wanted.phase.name}"
        return ActionFailed(status, Cause.SOCKET, why)

    @asynccontextmanager
    async def response(self, wanted: Wanted) -> AsyncIterator[HttpExchange]:
        """The final response, its head read, redirects followed if asked for."""
        step = self.first_step(wanted)
        connection, exchange = await self._ask(wanted, step)
        async with self.followed(wanted, step, connection, exchange) as final:
            yield final

    @asynccontextmanager
    async def followed(
        self, wanted: Wanted, step: Step, connection: Connection, exchange: HttpExchange
    ) -> AsyncIterator[HttpExchange]:
        """Where the response to `step` leads in the end; `connection` is closed in any case."""
        try:
            for _ in range(_MOST_HOPS if wanted.parameters.redirect else 0):
                following = next_step(step, exchange.head)
                if following is None:
                    break
                connection.close()
                step = following
                connection, exchange = await self._ask(wanted, step)
            yield exchange
        finally:
            connection.close()

    async def _ask(self, wanted: Wanted, step: Step) -> tuple[Connection, HttpExchange]:
        connection = await self.connect(wanted, step.url)
        try:
            return connection, await open_exchange(connection.stream, self.request(wanted, step))
        except BaseException:
            connection.close()
            raise

    async def connect(self, wanted: Wanted, url: Url) -> Connection:
        """A connection on which nothing has been sent yet."""
        proxy = wanted.parameters.proxy
        if url.secure and proxy is not None:
            why = "https through a proxy: this module has no CONNECT"
            raise ActionFailed(Status.NETWORK_ERROR, Cause.PARAMETER, why)
        host, port = proxy or (url.host, url.port)
        slot = self._run.pool.take("http", address_and_port(host, port))
        if slot is None:
            raise ActionFailed(Status.STACK_BUSY, Cause.BUSY, "eight connections are in use")
        stream: Stream | None = None
        try:
            wanted.phase = Phase.RESOLVE
            address = await self._names.resolve(host, wanted.parameters.cid)
            wanted.phase = Phase.CONNECT
            stream = slot.carries(await self._hardware.connect(address, port))
            if url.secure:
                wanted.phase = Phase.HANDSHAKE
                stream = await self._ssl.secure(HTTP_CONTEXT, stream, url.host)
            slot.opened(tls=url.secure)
            wanted.phase = Phase.EXCHANGE
        except BaseException:
            if stream is not None:
                stream.close()
            slot.release(lingers=stream is not None)
            raise
        stream = metered_http(stream)
        if (tap := self._hardware.taps.stream) is not None:
            stream = tap(stream)
        return Connection(stream, slot)

    @staticmethod
    def first_step(wanted: Wanted) -> Step:
        """The request of the parameters (docs/spec/http.md §3.5).

        Raises `ActionFailed` when that is not a URL.
        """
        parameters = wanted.parameters
        try:
            url = Url.parse(parameters.url.encode("latin-1"), wanted.default_scheme)
        except ValueError as error:
            raise ActionFailed(Status.DNS_ERROR, Cause.PARAMETER, str(error)) from None
        headers = [(b"User-Agent", parameters.user_agent.encode("latin-1"))]
        if parameters.content_type:
            headers.append((b"Content-Type", parameters.content_type.encode("latin-1")))
        if wanted.method == "GET" and (span := parameters.range_header):
            headers.append((b"Range", span))
        body = None if wanted.announced is not None else wanted.body
        return Step(wanted.method, url, (*headers, *parameters.user_headers), body)

    @staticmethod
    def request(wanted: Wanted, step: Step) -> Request:
        """What goes out for `step`."""
        return Request(
            step.method,
            step.url,
            step.headers,
            step.body or b"",
            via_proxy=wanted.parameters.proxy is not None,
            announced=wanted.announced if step.body is None else None,
        )
