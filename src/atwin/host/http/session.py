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
from atwin.host.channel.script import Script
from atwin.host.errors import ModuleError, RequestFailedError, TlsFailed
from atwin.host.http.action import Action
from atwin.host.http.body import Buffer
from atwin.host.http.opening import Opening, leave
from atwin.host.http.parameters import Parameters
from atwin.host.http.pieces import Pieces
from atwin.host.http.redirects import Way, needs_watching, shown_url
from atwin.host.http.statuses import OF_TLS, STATUS_MEANING, UNSENT, Sent
from atwin.host.http.stream import BodyStream
from atwin.host.http.time_limit import TimeLimit
from atwin.line.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.at.dialect.urcs import HttpAction
    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Progress
    from atwin.host.found import Context
    from atwin.host.http.setup import Setup
    from atwin.host.tls import TlsSetup

log = logging.getLogger("atwin.host")


class HttpSession:
    """The module's one HTTP session. `open` before each request: it does what is missing."""

    def __init__(
        self,
        channel: Channel,
        setup: Setup,
        *,
        cid: int = 1,
        tls: TlsSetup | None = None,
        lower_cases: bool = False,
        redirect_is_answer: bool = True,
        context: Context | None = None,
    ) -> None:
        """`lower_cases`: the module is known to do that with headers (`Headers.folded`).

        `redirect_is_answer`: where redirects are not followed, one is a status like others;
        else it raises `RedirectError`. Without a `context` nobody looks whether other parameters
        than the defaults are saved.
        """
        self.setup = setup
        self.redirect_is_answer = redirect_is_answer
        #: Where it asks.
        self.way = Way(setup.url, setup.headers, setup.content_type)
        if lower_cases and setup.redirects.follow and not needs_watching(self.way, setup.redirects):
            self.way = Way(setup.url, setup.headers, setup.content_type, by_module=True)
        self.channel = channel
        self.cid = cid
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
        # What the rooms of this package share.
        self.parameters = Parameters(self.script, self.way)
        self.time_limit = TimeLimit(self)
        self.pieces = Pieces(self)
        self.buffer = Buffer(self)
        self._opening = Opening(self, tls, context)
        self._action = Action(self, self._opening)
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

    @property
    def line_rate(self) -> int | None:
        """bit/s of the line to the module; None where the port knows of none."""
        return self.channel.rate

    def bytes_in(self, seconds: float) -> int | None:
        """How much of a body comes over the line in that time; None where nobody can tell.

        By the port's rate, or as it was measured when that is less: on a PTY or a network
        port the line may be slower than it looks from here.
        """
        rates = [] if self.buffer.rate is None else [self.buffer.rate]
        rates += [] if self.line_rate is None else [self.line_rate / Frame().bits]
        return int(min(rates) * seconds) if rates else None

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
            elif self._opening.forget() or self.channel.data_time:
                await leave(self.channel, self.on_note)

    # --- request --------------------------------------------------------------------------------

    async def action(self, method: int) -> HttpAction:
        """`ask_once`, and again where a redirect leads as long as `setup.redirects` says so.

        The session asks there from then on; where that has an end (401, 403, 404, 410) it goes
        back to the first URL. A redirect of a POST is a status like others: see `follow`.
        Raises as `ask_once` does, and `RedirectError`.
        """
        return await self._action.ask(method)

    async def ask_once(self, method: int) -> HttpAction:
        """HTTPACTION and its URC; a server status of any kind is a result.

        Raises `RequestFailedError` (601 too when the bearer goes), `TlsFailed`,
        `CommandRefusedError`, `NoAnswerError`, `ModuleRestartedError`.
        """
        return await self._action.ask_once(method)

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

    def answered(self) -> None:
        """The server has had the request."""
        self.sent = Sent.ANSWERED

    def unsent(self, status: int | None = None) -> None:
        """The action was refused, or failed with `status`: nothing went out if that says so."""
        said = status is None or (status in UNSENT and not self.way.by_module)
        if said and self.sent is Sent.PERHAPS:
            self.sent = Sent.NOTHING
