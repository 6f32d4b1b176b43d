"""One HTTP session: INIT, PARA, DATA, ACTION, READ, HEAD, TERM (docs/spec/http.md §3).

A method here is a command, or the few that belong together; nothing is retried. What they do
stands in the rooms of this package.
"""

from __future__ import annotations

import logging
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from atwin.at.dialect.statuses import Status
from atwin.at.dialect.urcs import BearerDeact, HttpAction, Ready
from atwin.host.bearer import CID
from atwin.host.channel.exchange import Timeout
from atwin.host.channel.script import Script
from atwin.host.errors import (
    CommandRefusedError,
    ModuleError,
    NoAnswerError,
    RequestFailedError,
    TlsFailed,
)
from atwin.host.http.body import Buffer
from atwin.host.http.following import follow
from atwin.host.http.opening import Opening, leave
from atwin.host.http.parameters import AFTER_DEACT, Parameters, TimeLimit
from atwin.host.http.redirects import Way, needs_watching, shown_url
from atwin.host.http.statuses import (
    GET,
    HEAD,
    MODULE_STATUSES,
    OF_TLS,
    POST,
    STATUS_MEANING,
    UNSENT,
    Sent,
    is_server_status,
)
from atwin.host.http.stream import BodyStream
from atwin.host.http.url import origin_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Progress
    from atwin.host.found.context import Context
    from atwin.host.http.setup import Setup
    from atwin.host.identity import Limits
    from atwin.host.tls import TlsSetup

log = logging.getLogger("atwin.host")


class HttpSession:
    """The module's one HTTP session. `open` before each request: it does what is missing."""

    def __init__(
        self,
        channel: Channel,
        setup: Setup,
        limits: Limits,
        *,
        tls: TlsSetup | None = None,
        redirect_is_answer: bool = True,
        context: Context | None = None,
    ) -> None:
        """`redirect_is_answer`: where redirects are not followed, one is a status like others.

        Else it raises `RedirectError`. Without a `context` nobody looks whether other parameters
        than the defaults are saved.
        """
        self.setup, self.limits = setup, limits
        self.redirect_is_answer = redirect_is_answer
        #: Where it asks.
        self.way = Way(setup.url, setup.headers, setup.content_type)
        redirects = setup.redirects
        if limits.lower_cases and redirects.follow and not needs_watching(self.way, redirects):
            self.way = Way(setup.url, setup.headers, setup.content_type, by_module=True)
        self.channel = channel
        self.script = Script("http", channel)
        #: Hears how many bytes of a body have come over the line.
        self.on_body: Progress | None = None
        #: Hears a line for a person: bytes were lost.
        self.on_note: Callable[[str], None] = log.warning
        #: What else helps against bytes that get lost: called once they are, says what it did.
        self.on_loss: Callable[[], Awaitable[str | None]] | None = None
        #: Seconds the module may take for the next requests.
        self.timeout = setup.timeout
        #: The clock's time at which nobody waits for the next request any more.
        self.until = math.inf
        #: How far its last request has got; a redirect that is followed does not undo an answer.
        self.sent = Sent.NOTHING
        self._asked = (0, "")
        #: Whether the module calls each method by its number in +HTTPACTION.
        self._tells_method = True
        # What the rooms of this package share.
        self.parameters = Parameters(self.script, self.way)
        self.time_limit = TimeLimit(self)
        self.buffer = Buffer(self)
        self._opening = Opening(self, tls, context)
        self.stream = BodyStream(self, self._opening)

    @property
    def shown_url(self) -> str:
        """The URL of the setup for a sentence: without password, tokens, control characters."""
        return shown_url(self.setup.url)

    @property
    def final_url(self) -> str | None:
        """Where redirects have led, for a sentence; None if nowhere, or only the module knows."""
        moved = self.way.url != self.way.start and not self.way.by_module
        return shown_url(self.way.url) if moved else None

    # --- session --------------------------------------------------------------------------------

    async def open(self) -> None:
        """TLS, INIT and the parameters every request needs, unless that is done.

        A session some earlier program left open is ended first. Raises `CommandRefusedError`,
        `NoAnswerError`.
        """
        await self._opening.open()

    async def close(self) -> None:
        """TERM, whatever it answers. Raises `NoAnswerError`."""
        await self._opening.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        # A module that fails here has nothing to add to the result, or to the first failure.
        with suppress(ModuleError):
            if kind is None or issubclass(kind, Exception):
                await self.close()
            elif self._opening.forget() or self.channel.data.time:
                await leave(self.channel, self.on_note)

    # --- request --------------------------------------------------------------------------------

    async def action(self, method: int) -> HttpAction:
        """`ask_once`, and again where a redirect leads as long as `setup.redirects` says so.

        The session asks there from then on; where that has an end (401, 403, 404, 410) it goes
        back to the first URL. A redirect of a POST is a status like others: see `follow`.
        Raises as `ask_once` does, and `RedirectError`.
        """
        while True:
            try:
                urc = await self.ask_once(method)
            except RequestFailedError as failure:
                if await self._was_redirect(failure, method):
                    continue
                self.way.failed(failure.status)
                raise
            if method == POST or not await follow(self, urc.status, method):
                return urc

    async def _was_redirect(self, failure: RequestFailedError, method: int) -> bool:
        """Whether the page of a redirect did not fit the buffer, or had no end.

        The module gives no status then; a header block it may have had before has no Location.
        """
        no_page = (
            failure.status in (Status.NO_MEMORY, Status.REQUEST_TIMEOUT)
            and method == GET
            and not self.way.hops
        )
        if not no_page or self.way.by_module:
            return False
        with suppress(NoAnswerError):
            location = (await self.buffer.headers()).get("location")
            return location is not None and await follow(self, 302, GET)
        return False

    async def ask_once(self, method: int) -> HttpAction:
        """HTTPACTION and its URC; a server status of any kind is a result.

        Raises `RequestFailedError` (601 too when the bearer goes), `TlsFailed`,
        `CommandRefusedError`, `NoAnswerError`, `ModuleRestartedError`.
        """
        await self._opening.aim()
        deadline = await self.time_limit.begin()
        self.channel.forget(HttpAction, BearerDeact, Ready)
        action = f"AT+HTTPACTION={method}"
        self.asks(action)
        try:
            await self.script.step(action)
        except CommandRefusedError:
            self.unsent()
            raise
        urc = await self._end_of(method, deadline)
        servers = is_server_status(urc.status) or await self._is_servers_own(urc)
        self._opening.is_first = False
        self.buffer.length = urc.length
        if servers or urc.status == Status.NO_MEMORY:
            self.sent = Sent.ANSWERED
        if not servers:
            self.unsent(urc.status)
            raise self.failed(urc.status, came=str(urc), length=urc.length)
        return urc

    async def _end_of(self, method: int, deadline: float) -> HttpAction:
        """The +HTTPACTION of `method`: that of another one is of an earlier action, or said twice.

        Raises as `ask_once` does.
        """
        until = self.channel.clock.now() + deadline
        other: HttpAction | None = None
        while True:
            try:
                urc = await self.script.event(HttpAction, BearerDeact, deadline=deadline)
            except NoAnswerError:
                if other is None:
                    raise
                self._tells_method = False
                return other
            deadline = until - self.channel.clock.now()
            if isinstance(urc, HttpAction):
                if urc.method == method or not self._tells_method:
                    return urc
                other = urc
            elif isinstance(urc, BearerDeact) and urc.cid == CID:
                # Its own URC follows, or not: waiting for it keeps it out of the next request.
                with suppress(Timeout):
                    await self.channel.urc(HttpAction, timeout=AFTER_DEACT)
                raise self.failed(Status.NETWORK_ERROR, came=str(urc))

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
        has_tls = origin_of(self.way.url)[0] == "https"
        if (
            urc.status < Status.DNS_ERROR
            or (urc.status in OF_TLS and has_tls)
            or not self._opening.is_first
        ):
            return False
        with suppress(NoAnswerError):
            headers = await self.buffer.headers()
            return bool(headers) and "location" not in headers
        return False

    # --- response -------------------------------------------------------------------------------

    def failed(
        self, status: int, *, came: str, length: int = 0, advice: str | None = None
    ) -> RequestFailedError:
        """The error for a status of the module's own, the end of the last action.

        `advice` replaces what is usually said of that status.
        """
        meaning, usual = STATUS_MEANING.get(status, ("failed", "try again"))
        if self.time_limit.cut_short and status == Status.REQUEST_TIMEOUT:
            usual = "the server did not finish in what was left of --give-up: raise that"
        kind = TlsFailed if status in OF_TLS else RequestFailedError
        step, action = self._asked
        return kind(
            script=self.script.name,
            step=step,
            sent=f"{action} for {self.way.shown}",
            came=f"{came} ({meaning})",
            status=status,
            length=length,
            advice=advice or usual,
        )

    def asks(self, action: str) -> None:
        """The next command is `action`: what fails after it is what it asked for."""
        self._asked = (self.script.number + 1, action)
        if self.sent is Sent.NOTHING:
            self.sent = Sent.PERHAPS

    def unsent(self, status: int | None = None) -> None:
        """The action was refused, or failed with `status`: nothing went out if that says so."""
        said = status is None or (status in UNSENT and not self.way.by_module)
        if said and self.sent is Sent.PERHAPS:
            self.sent = Sent.NOTHING
