"""HTTPACTION and the URC that ends it, again where a redirect leads (docs/spec/http.md §3.6)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.at.dialect.statuses import Status
from atwin.at.dialect.urcs import BearerDeact, HttpAction, Ready
from atwin.host.channel.exchange import Timeout
from atwin.host.errors import CommandRefusedError, NoAnswerError, RequestFailedError
from atwin.host.http.following import follow
from atwin.host.http.statuses import (
    GET,
    HEAD,
    MODULE_STATUSES,
    OF_TLS,
    POST,
    is_server_status,
)
from atwin.host.http.url import origin_of

if TYPE_CHECKING:
    from atwin.host.http.opening import Opening
    from atwin.host.http.session import HttpSession

#: Seconds the URC of a running action follows the loss of its bearer.
AFTER_DEACT = 3.0


class Action:
    """Asks, waits for the answer, and tells the server's statuses from the module's."""

    def __init__(self, session: HttpSession, opening: Opening) -> None:
        self._session = session
        self._opening = opening
        #: Whether the module calls each method by its number in +HTTPACTION.
        self._tells_method = True

    async def ask(self, method: int) -> HttpAction:
        """See `HttpSession.action`."""
        session = self._session
        while True:
            try:
                urc = await self.ask_once(method)
            except RequestFailedError as failure:
                if await self._was_redirect(failure, method):
                    continue
                session.way.failed(failure.status)
                raise
            if method == POST or not await follow(session, urc.status, method):
                return urc

    async def _was_redirect(self, failure: RequestFailedError, method: int) -> bool:
        """Whether the page of a redirect did not fit the buffer, or had no end.

        The module tells no status then; a header block it may have had before has no Location.
        """
        session = self._session
        no_page = (
            failure.status in (Status.NO_MEMORY, Status.REQUEST_TIMEOUT)
            and method == GET
            and not session.way.hops
        )
        if not no_page or session.way.by_module:
            return False
        with suppress(NoAnswerError):
            location = (await session.buffer.headers()).get("location")
            return location is not None and await follow(session, 302, GET)
        return False

    async def ask_once(self, method: int) -> HttpAction:
        """See `HttpSession.ask_once`."""
        session = self._session
        await self._opening.aim()
        deadline = await session.time_limit.begin()
        session.channel.forget(HttpAction, BearerDeact, Ready)
        action = f"AT+HTTPACTION={method}"
        session.asks(action)
        try:
            await session.script.step(action)
        except CommandRefusedError:
            session.unsent()
            raise
        urc = await self._end_of(method, deadline)
        servers = is_server_status(urc.status) or await self._is_servers_own(urc)
        self._opening.is_first = False
        session.buffer.length = urc.length
        if servers or urc.status == Status.NO_MEMORY:
            session.answered()
        if not servers:
            session.unsent(urc.status)
            raise session.failed(urc.status, came=str(urc), length=urc.length)
        return urc

    async def _end_of(self, method: int, deadline: float) -> HttpAction:
        """The +HTTPACTION of `method`: that of another one is of an earlier action, or said twice.

        Raises as `ask_once` does.
        """
        session, channel = self._session, self._session.channel
        until = channel.clock.now() + deadline
        other: HttpAction | None = None
        while True:
            try:
                urc = await session.script.event(HttpAction, BearerDeact, deadline=deadline)
            except NoAnswerError:
                if other is None:
                    raise
                self._tells_method = False
                return other
            deadline = until - channel.clock.now()
            if isinstance(urc, HttpAction):
                if urc.method == method or not self._tells_method:
                    return urc
                other = urc
            elif isinstance(urc, BearerDeact) and urc.cid == session.cid:
                # Its own URC follows, or not: waiting for it keeps it out of the next request.
                with suppress(Timeout):
                    await channel.urc(HttpAction, timeout=AFTER_DEACT)
                raise session.failed(Status.NETWORK_ERROR, came=str(urc))

    async def _is_servers_own(self, urc: HttpAction) -> bool:
        """Whether a server said what looks like a failure of the module.

        Those have no body, but for 602; and from 603 on nothing came from a server, so there is
        no header block either, unless one is left from a request before. (606 may come after a
        header block, where there is TLS.)
        """
        if urc.status not in MODULE_STATUSES:
            return False
        if urc.status == Status.NO_MEMORY:
            return urc.method == HEAD  # there is nothing that might not fit
        if urc.length:
            return True
        has_tls = origin_of(self._session.way.url)[0] == "https"
        if (
            urc.status < Status.DNS_ERROR
            or (urc.status in OF_TLS and has_tls)
            or not self._opening.is_first
        ):
            return False
        with suppress(NoAnswerError):
            headers = await self._session.buffer.headers()
            return bool(headers) and "location" not in headers
        return False
