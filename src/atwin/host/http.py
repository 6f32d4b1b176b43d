"""One HTTP session of the module: INIT, PARA, DATA, ACTION, READ, HEAD, TERM (spec: http.md §3).

A method here is a command, or the few that belong together; nothing is retried.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from atwin.at.cme import Cme
from atwin.at.lenient import lenient
from atwin.at.urc import (
    BearerDeact,
    HttpAction,
    HttpExAction,
    HttpExGetReady,
    HttpExPosted,
    HttpExPostReady,
    Ready,
)
from atwin.host.errors import (
    CommandRefusedError,
    ModuleError,
    NoAnswerError,
    RefusedForGoodError,
    RequestFailedError,
    TlsFailed,
    UsageError,
)
from atwin.host.exchange import Timeout
from atwin.host.following import follow
from atwin.host.headers import Headers
from atwin.host.quoted import quoted, quoted_headers
from atwin.host.redirects import Header, Redirects, Way, needs_watching, shown_url
from atwin.host.script import Script
from atwin.host.url import check_url, origin_of
from atwin.line.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import TracebackType

    from atwin.at.urc import Urc
    from atwin.host.channel import Channel
    from atwin.host.errors import StepError
    from atwin.host.exchange import Progress, Reply
    from atwin.host.found import Context
    from atwin.host.identity import Limits
    from atwin.host.tls import TlsSetup

#: What one request has of its own, and the next session too while it lasts.
_OF_A_REQUEST = ("BREAK", "BREAKEND", "USERDATA")

#: What tells where a body ends.
_OF_THE_MODULE = ("content-length", "transfer-encoding")

GET: Final = 0
POST: Final = 1
HEAD: Final = 2

log = logging.getLogger(__name__)

#: All other statuses are the server's own, except 408 (spec: http.md §4).
_MODULE_STATUSES = range(600, 607)
#: What went wrong with TLS.
_OF_TLS = (605, 606)

#: The bearer a module takes that is told none.
_USUAL_CID = 1

#: Seconds beyond TIMEOUT until a missing URC is a failure (spec: flows.md §1).
_URC_GRACE = 10.0
#: The same where the time of the whole job is up by then.
_LAST_GRACE = 1.0

#: Seconds the URC of a running action follows the loss of its bearer.
_AFTER_DEACT = 3.0

#: Bytes per second at which post data surely arrive: 9600 Bd.
_SLOWEST_LINE = 900

#: How often a body that does not arrive whole is asked for.
_READ_TRIES = 6
#: Bytes of a piece after the first loss, half the FIFO a host usually has, and at the least.
_FIRST_CUT, _SMALLEST_READ = 2048, 256

#: Bytes the module gives of a stream at a time when it is not told (spec: http.md §3.11).
_STREAM_PIECE = 3880
#: Seconds of the line for filling up a data phase on leaving: at most, and until they are told.
_LONGEST_FILL, _TOLD_FILL = 30.0, 2.0
#: Seconds the last command may take to leave.
_LAST_WORD = 1.0

#: A line that may be no part of the body it ends, and the bytes in which it is looked for.
_URC_AT_END = re.compile(rb"\r\n[A-Z+*^][^\r\n]{1,120}\r\n\Z")
_LONGEST_URC = 128

#: What helps against bytes that get lost on the line.
FLOW_ADVICE = (
    "turn on flow control (--port PORT?flow=hardware, which tells the module AT+IFC=2,2),"
    " with RTS and CTS connected"
)

#: What tells of the response of a stream: data, its end, or that there will be none.
Answer = HttpExGetReady | HttpExAction | BearerDeact
ANSWERS: Final = (HttpExGetReady, HttpExAction, BearerDeact)

#: What BREAK and BREAKEND count to (spec: http.md §3.3).
LAST_BREAK: Final = 0xFFFF_FFFF

_STREAM_URCS = (HttpExAction, HttpExGetReady, HttpExPosted, HttpExPostReady)

#: Why a part cannot be asked for.
_NO_RANGES = (
    "this module cannot ask for a part of a file, so only one that fits its buffer can be fetched"
)
_NO_STREAM = "this module cannot stream"
_TIMEOUTS = lenient(r'.*"?TIMEOUT"?[,\s]+\(?(\d+) ?- ?(\d+)\)?.*')

STATUS_MEANING = {
    408: ("time-out", "the server did not finish in time: raise the timeout (--timeout)"),
    600: ("the answer was not HTTP", "check the URL's port"),
    601: ("network error", "check that the server is reachable and the bearer open"),
    602: ("the response does not fit the module's buffer", "ask for it in parts: download"),
    603: ("the host name was not resolved", "check the URL's host name"),
    604: ("no free connection in the module", "close other connections"),
    605: ("no TLS channel", "check cipher suites, certificates and the module's clock"),
    606: ("the TLS channel broke", "try again; check the server's log"),
}


@dataclass(frozen=True, slots=True)
class Setup:
    """What every request of a session carries.

    `timeout` is the module's own, in seconds, 1 to 65535; `headers` are added to each request,
    `redirects` says which are followed.
    """

    url: str
    timeout: int = 120
    redirects: Redirects = field(default_factory=Redirects)
    content_type: str = ""
    headers: tuple[Header, ...] = ()

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be said in an AT command."""
        check_url(self.url)
        if self.redirects.https_only and origin_of(self.url)[0] != "https":
            raise UsageError(f"{shown_url(self.url)} is no https URL, and nothing else is allowed")
        if not 1 <= self.timeout <= 65535:
            raise UsageError(f"a timeout of {self.timeout} s is not 1 to 65535")
        quoted(self.content_type, "CONTENT", "the Content-Type")
        for header in self.headers:
            quoted_headers([header.line], "USER_DEFINED")
            if header.name.lower() in _OF_THE_MODULE:
                raise UsageError(f"the header {header.name} is the module's own: leave it away")

    @classmethod
    def of(
        cls,
        url: str,
        *,
        timeout: int = 120,
        redirects: bool | Redirects = True,
        content_type: str = "",
        headers: Mapping[str, str] | Iterable[Header] | None = None,
    ) -> Setup:
        """With headers as they come: a mapping, or `Header`s. Raises `UsageError`."""
        lines = headers.items() if isinstance(headers, Mapping) else headers or ()
        return cls(
            url,
            timeout,
            Redirects.of(redirects),
            content_type,
            tuple(Header(*line) for line in lines),
        )

    def for_download(self) -> Setup:
        """Asking for the entity as it is, unless the caller has said which coding to take.

        Raises `UsageError` for headers that say which bytes: a download says that itself.
        """
        named = {header.name.lower() for header in self.headers}
        if named & {"range", "if-range"}:
            raise UsageError("a download asks for ranges by itself: leave the header Range away")
        if "accept-encoding" in named:
            return self
        identity = Header("Accept-Encoding", "identity", courtesy=True)
        return replace(self, headers=(*self.headers, identity))


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
        self._tls = tls
        self._context = context
        self.script = Script("http", channel)
        self._channel = channel
        self._cid = cid
        #: Hears how many bytes of a body have come over the line.
        self.on_body: Progress | None = None
        #: Hears a line for a person: bytes were lost.
        self.on_note: Callable[[str], None] = log.warning
        #: Bytes one HTTPREAD may give, once the line was seen to lose some.
        self._largest_read: int | None = None
        #: Whether the module calls each method by its number in +HTTPACTION.
        self._tells_method = True
        #: Bytes of the last response in the module's buffer.
        self._in_buffer = 0
        #: Bytes per second of the last body that came; None before there was one.
        self._measured: float | None = None
        #: The header block that was read last.
        self.last_head = b""
        #: Seconds the module may take for the next requests.
        self.timeout = setup.timeout
        #: What else helps against bytes that get lost: called once they are, says what it did.
        self.on_loss: Callable[[], Awaitable[str | None]] | None = None
        #: The clock's time at which nobody waits for the next request any more.
        self.until = math.inf
        #: Seconds each wait of the stream that runs may take.
        self.stream_wait = setup.timeout + _URC_GRACE
        #: `channel.restarts` when the session was opened; None while it is not.
        self._opened_in: int | None = None
        self._told: dict[str, str] = {}
        #: Whether the session has had no answer yet.
        self._is_first = True
        #: The values of TIMEOUT that the module takes; None where it refuses all.
        self._timeouts: tuple[int, int] | None = (1, 65535)
        #: Which of BREAK and BREAKEND the module refuses: then it asks for no range by itself.
        self._refused: set[str] = set()
        #: The headers and the Content-Type that the open session carries.
        self._carried: tuple[tuple[Header, ...], str] = ((), "")

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
        return self._channel.rate

    def bytes_in(self, seconds: float) -> int | None:
        """How much of a body comes over the line in that time; None where nobody can tell.

        By the port's rate, or as it was measured when that is less: behind a PTY or a network
        port the line may be slower than it looks from here.
        """
        rates = [] if self._measured is None else [self._measured]
        rates += [] if self.line_rate is None else [self.line_rate / Frame().bits]
        return int(min(rates) * seconds) if rates else None

    # --- session --------------------------------------------------------------------------------

    async def open(self) -> None:
        """TLS, INIT and the parameters every request needs, unless that is done.

        A session some earlier program left open is ended first. Raises `CommandRefusedError`,
        `NoAnswerError`.
        """
        if self._opened_in == self._channel.restarts:
            await self._aim()
            return
        if self._tls is not None:
            await self._tls.apply()
        if not (await self.script.ask("AT+HTTPINIT")).ok:
            await self.script.ask("AT+HTTPTERM")
            await self.script.step(
                "AT+HTTPINIT", advice="the module's HTTP service is stuck, or it has none"
            )
        self._opened_in = self._channel.restarts
        self._told.clear()
        if self._context is not None:
            await self._context.clear()
        self._is_first = True
        if not (await self._ask_parameter("CID", str(self._cid))).ok and self._cid != _USUAL_CID:
            await self.parameter("CID", self._cid)
        await self.parameter("URL", self.way.url)
        await self._limit_request()
        await self._say_who_follows()
        self._carried = headers, content_type = self.way.headers, self.way.content_type
        if content_type:
            await self.parameter("CONTENT", content_type)
        for header in headers:
            await self._add_header(header)

    async def _aim(self) -> None:
        """Ask where the way leads now. Lines of USER_DEFINED go with the session only."""
        self.way.next_request()
        if self._carried != (self.way.headers, self.way.content_type):
            kept = {tag: shown for tag, shown in self._told.items() if tag in _OF_A_REQUEST}
            await self.close()
            await self.open()
            for tag, shown in kept.items():
                await self._tell(tag, shown)
        await self.parameter("URL", self.way.url)
        await self._say_who_follows()

    async def _say_who_follows(self) -> None:
        wanted = str(int(self.way.by_module))
        if self._told.get("REDIR") == wanted:
            return
        # A module without redirects has nothing to be told, and refuses it.
        if not (await self._ask_parameter("REDIR", wanted)).ok and self.way.by_module:
            # It follows nothing by itself: a redirect is seen, then, and judged here.
            self.way.never_by_module()
        self._told["REDIR"] = str(int(self.way.by_module))

    async def _add_header(self, header: Header) -> None:
        command = f"AT+HTTPPARA={quoted('USER_DEFINED')},"
        reply = await self.script.ask(
            command + quoted_headers([header.line], "USER_DEFINED"),
            shown=f"{command}{header.name}: ***" if header.stays_home else None,
        )
        if reply.ok or header.courtesy:
            return
        advice = f"the module does not take the header {header.name}"
        error = self.script.refused(reply, advice, RefusedForGoodError)
        # Another one is taken, so the session is there: it is this one that is refused.
        await self._send("URL", quoted(self.way.url, "URL"))
        raise error

    async def close(self) -> None:
        """TERM, whatever it answers. Raises `NoAnswerError`."""
        if self._opened_in is not None:
            self._opened_in = None
            await self.script.ask("AT+HTTPTERM")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A module that fails here has nothing to add to the result, or to the first failure.
        with suppress(ModuleError):
            if kind is None or issubclass(kind, Exception):
                await self.close()
            else:
                await self._leave()

    async def _leave(self) -> None:
        """Interrupted: nothing is left behind, and nothing waited for but the line.

        A data phase is filled up, which takes 28 s of the slowest usual line at the most, and the
        session ended without a look at the answer.
        """
        channel = self._channel
        if self._opened_in is None and not channel.data_time:
            return
        if (seconds := channel.data_time) > _LONGEST_FILL:
            self.on_note("interrupted in the middle of data: the module waits up to 120 s for more")
        elif seconds > _TOLD_FILL:
            self.on_note(f"ending the data phase: {seconds:.0f} s; interrupt again to leave now")
        self._opened_in = None
        # Not asyncio.timeout: up to Python 3.11.2 it is no TimeoutError in a cancelled task.
        with suppress(TimeoutError):
            # What was written before may still be on its way.
            await asyncio.wait_for(channel.end_data(_LONGEST_FILL), seconds + _LONGEST_FILL)
        channel.send_blind("AT+HTTPTERM")
        with suppress(TimeoutError):
            await asyncio.wait_for(channel.port.drain(), _LAST_WORD)

    async def parameter(self, tag: str, value: int | str) -> None:
        """HTTPPARA, unless the session has that value already.

        Raises as `open` does, and `UsageError` for a value that cannot be said.
        """
        await self._tell(tag, str(value) if isinstance(value, int) else quoted(value, tag))

    async def whole(self) -> None:
        """The next GET asks for no range. Raises as `ask_for` does."""
        await self.ask_for(None)

    async def ask_for(self, span: tuple[int, int] | None, header: str = "") -> None:
        """The next GET asks for the bytes of `span`, both ends included, or for all.

        It carries `header` as well, one line or several with CR LF between. What BREAKEND cannot
        count, or the module refuses to, is asked for by a header line of its own. Raises as
        `parameter` does, and `RefusedForGoodError` where that is refused too; a header that asks
        for no range is left out then.
        """
        lines = header.split("\r\n") if header else []
        if span is not None and (span[1] > LAST_BREAK or not await self._breaks(*span)):
            lines.insert(0, f"Range: bytes={span[0]}-{span[1]}")
            span = None
        if span is None:
            # 0 to 0 asks for no range: the first byte alone cannot be asked for (spec: http.md §7).
            await self._breaks(0, 0)
        refusal = None
        if lines or "USERDATA" in self._told:
            refusal = await self._refusal_of("USERDATA", quoted_headers(lines, "USERDATA"))
        if refusal is not None and any(line.startswith("Range:") for line in lines):
            raise refusal

    async def _breaks(self, first: int, last: int) -> bool:
        """BREAK and BREAKEND; False where the module refuses one of them, and asks for no range."""
        for tag, value in (("BREAK", first), ("BREAKEND", last)):
            if tag in self._refused or await self._refusal_of(tag, str(value)) is not None:
                self._refused.add(tag)
        if self._refused and self._told.get("BREAK") != "0" and "BREAK" not in self._refused:
            await self.parameter("BREAK", 0)
        return not self._refused

    async def _refusal_of(self, tag: str, shown: str) -> CommandRefusedError | None:
        """HTTPPARA with a value that some modules do not take; why not, None where it is set."""
        if self._told.get(tag) == shown:
            return None
        reply = await self._ask_parameter(tag, shown)
        if reply.ok:
            return None
        return await self._for_good(self.script.refused(reply, _NO_RANGES, RefusedForGoodError))

    async def _for_good(self, refusal: CommandRefusedError) -> CommandRefusedError:
        """`refusal`, if a parameter is taken: so the session is there. Raises as `open` does."""
        await self._send("URL", quoted(self.way.url, "URL"))
        return refusal

    # --- request --------------------------------------------------------------------------------

    async def load(self, data: bytes, limits: Limits, progress: Progress | None = None) -> None:
        """HTTPDATA: put the body of a POST into the module's buffer.

        Raises `UsageError` above `limits.post_max` bytes, `CommandRefusedError` also when bytes
        were lost on the way.
        """
        size = len(data)
        if size > limits.post_max:
            raise UsageError(f"{size} bytes to post, the module takes {limits.post_max}")
        if not data:
            await self.script.step("AT+HTTPDATA=0,10000")
            return
        seconds = min(max(10, 2 * size // _SLOWEST_LINE), 120)
        began = self._channel.clock.now()
        reply = await self.script.give(
            f"AT+HTTPDATA={size},{seconds * 1000}",
            data,
            prompt="DOWNLOAD",
            deadline=seconds + 9.0,
            progress=progress,
        )
        # The only sign of lost bytes is an OK that comes when the time is up.
        if self._channel.clock.now() - began >= seconds:
            raise self.script.refused(reply, f"not all of {size} bytes arrived: {FLOW_ADVICE}")

    async def action(self, method: int) -> HttpAction:
        """`ask_once`, and again where a redirect leads as long as `setup.redirects` says so.

        The session asks there from then on; where that has an end (401, 403, 404, 410) it goes
        back to the first URL. A redirect of a POST is a status like others: see `redirected`.
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
            if method == POST or not await self.redirected(urc.status, method):
                return urc

    async def _was_redirect(self, failure: RequestFailedError, method: int) -> bool:
        """Whether the page of a redirect did not fit the buffer, or had no end.

        The module tells no status then; a header block it may have had before has no Location.
        """
        no_page = failure.status in (602, 408) and method == GET and not self.way.hops
        if not no_page or self.way.by_module:
            return False
        with suppress(NoAnswerError):
            location = (await self.headers()).get("location")
            return location is not None and await self.redirected(302, GET)
        return False

    async def redirected(self, status: int, method: int) -> bool:
        """Whether the answer `status` to `method` leads elsewhere: ask again then, all of it.

        For what `action` cannot see: a POST, whose body must be loaded again if `way.with_body`
        still, and a stream. Raises `RedirectError`, and as `ask_once` does.
        """
        return await follow(self, status, method)

    async def ask_once(self, method: int) -> HttpAction:
        """HTTPACTION and its URC; a server status of any kind is a result.

        Raises `RequestFailedError` (601 too when the bearer goes), `TlsFailed`,
        `CommandRefusedError`, `NoAnswerError`, `ModuleRestartedError`.
        """
        channel, script = self._channel, self.script
        if self._opened_in == channel.restarts:
            await self._aim()
        deadline = await self._limit_request()
        channel.forget(HttpAction, BearerDeact, Ready)
        await script.step(f"AT+HTTPACTION={method}")
        urc = await self._end_of(method, deadline)
        servers = _is_server_status(urc.status) or await self._is_servers_own(urc)
        self._is_first = False
        self._in_buffer = urc.length
        if not servers:
            raise self.failed(urc.status, came=str(urc), length=urc.length)
        return urc

    async def _end_of(self, method: int, deadline: float) -> HttpAction:
        """The +HTTPACTION of `method`: that of another one is of an earlier action, or said twice.

        Raises as `ask_once` does.
        """
        channel, script = self._channel, self.script
        until = channel.clock.now() + deadline
        other: HttpAction | None = None
        while True:
            try:
                urc = await script.event(HttpAction, BearerDeact, deadline=deadline)
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
            elif isinstance(urc, BearerDeact) and urc.cid == self._cid:
                # Its own URC follows, or not: waiting for it keeps it out of the next request.
                with suppress(Timeout):
                    await channel.urc(HttpAction, timeout=_AFTER_DEACT)
                raise self.failed(601, came=str(urc))

    async def _is_servers_own(self, urc: HttpAction) -> bool:
        """Whether a server said what looks like a failure of the module.

        Those have no body, but for 602; and from 603 on nothing came from a server, so there is
        no header block either, unless one is left from a request before. (606 may come after a
        header block, where there is TLS.)
        """
        if urc.status not in _MODULE_STATUSES:
            return False
        if urc.status == 602:
            return urc.method == HEAD  # there is nothing that might not fit
        if urc.length:
            return True
        has_tls = origin_of(self.way.url)[0] == "https"
        if urc.status < 603 or (urc.status in _OF_TLS and has_tls) or not self._is_first:
            return False
        with suppress(NoAnswerError):
            headers = await self.headers()
            return bool(headers) and "location" not in headers
        return False

    # --- streaming ------------------------------------------------------------------------------

    async def start_stream(self, method: int, size: int | None = None) -> None:
        """HTTPEXACTION; `size` is the length of the body to post (spec: http.md §3.11).

        Its pieces are progress: TIMEOUT, and `until` with it, bounds each wait for the server
        (spec: http.md §3.11). Raises `CommandRefusedError`, `NoAnswerError`.
        """
        if self._opened_in == self._channel.restarts:
            await self._aim()
        self.stream_wait = await self._limit_request()
        self._channel.forget(*_STREAM_URCS, BearerDeact, Ready)
        tail = "" if size is None else f",{size}"
        reply = await self.script.ask(f"AT+HTTPEXACTION={method}{tail}")
        if not reply.ok:
            if reply.final.code == Cme.NOT_ALLOWED:
                raise self.script.refused(reply)  # another action is under way
            raise await self._for_good(self.script.refused(reply, _NO_STREAM, RefusedForGoodError))

    async def drain_stream(self, take: Callable[[bytes], None], first: Answer | None = None) -> int:
        """HTTPEXGET as often as data wait, until the session is over; the server's status.

        `first` is a URC that has come already.
        Raises `RequestFailedError`, `TlsFailed`, `CommandRefusedError`, `NoAnswerError`; `take`
        has everything that came before.
        """
        script, wait, had_data = self.script, self.stream_wait, False
        while True:
            urc = first or await script.event(*ANSWERS, deadline=wait)
            first = None
            if isinstance(urc, HttpExGetReady):
                # The manual's table says +HTTPGET:, its transcripts +HTTPEXGET: (OQ-14).
                reply = await self._fetch_piece()
                if not reply.ok:
                    raise await self._why_refused(reply)
                if reply.body:
                    take(reply.body)
                had_data = had_data or bool(reply.body)
            elif isinstance(urc, HttpExAction) and self._ends_well(urc.status, had_data):
                return urc.status
            else:
                raise self.stream_failed(urc)

    def _ends_well(self, status: int, had_data: bool) -> bool:
        """Whether `status` is the server's: nothing piles up in a stream that might not fit (602).

        And where data came, there was a name, a slot and a channel (603 to 605), which may break
        (606) where it is one of TLS.
        """
        if had_data and status in (603, 604, 605):
            return True
        in_clear = origin_of(self.way.url)[0] == "http" and not self.way.by_module
        return (
            _is_server_status(status) or status == 602 or (had_data and status == 606 and in_clear)
        )

    async def _fetch_piece(self) -> Reply:
        """HTTPEXGET, for no more than the line has been seen to carry. Raises `NoAnswerError`."""
        size = "" if self._largest_read is None else f"={self._largest_read}"
        try:
            reply = await self.script.ask(f"AT+HTTPEXGET{size}", bodies=("+HTTPEXGET", "+HTTPGET"))
            if reply.ok and reply.body is None:
                # The module said that data wait, and has handed them over: they got lost.
                raise NoAnswerError(
                    script=self.script.name,
                    step=self.script.number,
                    sent=self.script.sent,
                    came=f"{reply.told} without the data",
                    missing=1,
                )
        except NoAnswerError as failure:
            if failure.missing:
                await self._bytes_lost(failure, self._largest_read or _STREAM_PIECE, 1)
            raise
        else:
            return reply

    async def _why_refused(self, reply: Reply) -> StepError:
        """A refused HTTPEXGET: the session may have ended just before, and its URC tells how."""
        try:
            return self.stream_failed(
                await self.script.event(HttpExAction, BearerDeact, deadline=_AFTER_DEACT)
            )
        except NoAnswerError:
            return self.script.refused(reply)

    def stream_failed(self, urc: Urc) -> RequestFailedError:
        """The error for a streaming session that `urc` ended."""
        status = urc.status if isinstance(urc, HttpExAction) else 601
        error = self.failed(status, came=str(urc))
        self.way.failed(status)
        return error

    # --- failures -------------------------------------------------------------------------------

    def failed(
        self, status: int, *, came: str, length: int = 0, advice: str | None = None
    ) -> RequestFailedError:
        """The error for a status of the module's own, after the last command.

        `advice` replaces what is usually said of that status.
        """
        meaning, usual = STATUS_MEANING.get(status, ("failed", "try again"))
        advice = advice or usual
        kind = TlsFailed if status in _OF_TLS else RequestFailedError
        return kind(
            script=self.script.name,
            step=self.script.number,
            sent=f"{self.script.sent} for {self.way.shown}",
            came=f"{came} ({meaning})",
            status=status,
            length=length,
            advice=advice,
        )

    # --- response -------------------------------------------------------------------------------

    async def read(self, length: int, limits: Limits, *, first: int = 0) -> bytes:
        """HTTPREAD: `length` bytes of the buffer from `first` on, in one piece if the limit allows.

        What does not arrive whole is read again: reading takes nothing out of the buffer. Raises
        `CommandRefusedError` when the module gives fewer, `NoAnswerError` when they keep getting
        lost on the line.
        """
        pieces: list[bytes] = []
        got = tries = 0
        while got < length:
            size = min(self._largest_read or limits.read_max, length - got)
            try:
                piece = await self._read_piece(first + got, size, got)
            except NoAnswerError as failure:
                tries += 1
                await self._bytes_lost(failure, size, tries)
            else:
                pieces.append(piece)
                got += len(piece)
                tries = 0
                if len(piece) < size:
                    self._largest_read = len(piece)  # it gives no more at a time than that
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _read_piece(self, start: int, size: int, got: int) -> bytes:
        def progress(count: int) -> None:
            if self.on_body is not None:
                self.on_body(got + count)

        ranged = "" if (start, size) == (0, self._in_buffer) else f"={start},{size}"
        reply = await self._measured_step(f"AT+HTTPREAD{ranged}", ("+HTTPREAD",), progress)
        body = reply.body or b""
        if not 0 < len(body) <= size:
            raise self.script.refused(reply, f"{len(body)} bytes in the buffer, not {size}")
        await self._check_end(body, start)
        return body

    async def _check_end(self, body: bytes, start: int) -> None:
        """Read the end of `body` again where it looks like a URC in the place of lost bytes.

        By its count the body is whole then. Raises `NoAnswerError` when it is another one.
        """
        looks = _URC_AT_END.search(body, max(0, len(body) - _LONGEST_URC))
        if looks is None:
            return
        size = min(len(body), _LONGEST_URC)
        again = f"AT+HTTPREAD={start + len(body) - size},{size}"
        if (await self.script.step(again, bodies=("+HTTPREAD",))).body != body[-size:]:
            raise NoAnswerError(
                script=self.script.name,
                step=self.script.number,
                sent=self.script.sent,
                came="a URC in the place of lost bytes",
                missing=len(looks[0]),
            )

    async def _measured_step(
        self, command: str, bodies: tuple[str, ...], progress: Progress | None = None
    ) -> Reply:
        """A step whose body tells how fast the line is."""
        began = self._channel.clock.now()
        reply = await self.script.step(command, bodies=bodies, progress=progress)
        took = self._channel.clock.now() - began
        if reply.body and took:
            self._measured = len(reply.body) / took
        return reply

    async def _bytes_lost(self, failure: NoAnswerError, size: int, tries: int) -> None:
        """Ask for smaller pieces from now on: the host's own FIFO may hold one of those.

        Raises `NoAnswerError` when that has not helped.
        """
        lost = f"bytes lost on the line: {failure.missing} of {size}; {FLOW_ADVICE}"
        self.on_note(lost if failure.missing else f"{failure.came}; reading again")
        if tries == _READ_TRIES:
            raise NoAnswerError(
                script=failure.script,
                step=failure.step,
                sent=failure.sent,
                came=f"{failure.came}, {_READ_TRIES} times",
                advice=f"bytes get lost on the line: {FLOW_ADVICE}" if failure.missing else None,
                missing=failure.missing,
            )
        if self.on_loss is not None and (done := await self.on_loss()):
            self.on_note(done)
        if tries > 1 or failure.missing:
            self._largest_read = max(_SMALLEST_READ, min(size // 2, _FIRST_CUT))

    async def excerpt(self, length: int, limits: Limits, size: int = 120) -> str:
        """The begin of the body, printable, for an error text."""
        size = min(size, length, limits.read_max)
        if not size:
            return ""
        reply = await self.script.step(f"AT+HTTPREAD=0,{size}", bodies=("+HTTPREAD",))
        text = (reply.body or b"").decode("utf-8", "replace")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())

    async def headers(self) -> Headers:
        """HTTPHEAD: the header block of the last response; empty when the module tells none.

        Raises `NoAnswerError`.
        """
        try:
            reply = await self._measured_step("AT+HTTPHEAD", ("+HTTPHEAD", "+HTTPREAD"))
        except CommandRefusedError:
            return Headers()
        self.last_head = reply.body or b""
        return Headers(self.last_head)

    async def _limit_request(self) -> float:
        """Tell the module how long the next request may take; the seconds until its URC is late.

        That is TIMEOUT, or what is left until `until`: whole seconds, one at least.
        """
        left = max(1.0, self.until - self._channel.clock.now())
        seconds = await self._set_timeout(int(min(self.timeout, left)))
        return min(seconds + _URC_GRACE, left + _LAST_GRACE)

    async def _set_timeout(self, seconds: int) -> int:
        """TIMEOUT, or the nearest that the module takes; some go by a time of their own.

        Where the session is gone every parameter is refused, and the action that follows tells.
        """
        if self._timeouts is None:
            return seconds
        shortest, longest = self._timeouts
        seconds = min(max(seconds, shortest), longest)
        if self._told.get("TIMEOUT") == str(seconds):
            return seconds
        if (await self._ask_parameter("TIMEOUT", str(seconds))).ok:
            return seconds
        told = timeouts_of(await self.script.ask("AT+HTTPPARA=?"))
        self._timeouts = told if told != self._timeouts else None
        if self._timeouts is None:
            self.on_note("the module refuses TIMEOUT: its own time holds for each request")
        return await self._set_timeout(seconds)

    async def _tell(self, tag: str, shown: str) -> None:
        if self._told.get(tag) != shown:
            await self._send(tag, shown)
            self._told[tag] = shown

    async def _ask_parameter(self, tag: str, shown: str) -> Reply:
        """HTTPPARA with a value that may be refused; what is taken is remembered.

        One refusal may be a fault of the line, two are what the module means.
        """
        command = f"AT+HTTPPARA={quoted(tag)},{shown}"
        reply = await self.script.ask(command)
        if not reply.ok:
            reply = await self.script.ask(command)
        if reply.ok:
            self._told[tag] = shown
        return reply

    async def _send(self, tag: str, shown: str) -> None:
        reply = await self._ask_parameter(tag, shown)
        if reply.final.code == Cme.PARAMETERS_INVALID:
            advice = f"the module does not take this {tag}"
            raise self.script.refused(reply, advice, RefusedForGoodError)
        if not reply.ok:
            raise self.script.refused(reply)


def timeouts_of(reply: Reply) -> tuple[int, int] | None:
    """The least and the greatest TIMEOUT, by the answer to `AT+HTTPPARA=?`; None without."""
    match = reply.match(_TIMEOUTS) if reply.ok else None
    if match is None:
        return None
    shortest, longest = max(1, int(match[1])), min(65535, int(match[2]))
    return (shortest, longest) if shortest <= longest else None


def _is_server_status(status: int) -> bool:
    return status not in _MODULE_STATUSES and status != 408
