"""The HTTP session: one at a time, one action at a time (docs/spec/http.md §2, §3.5, §5)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.dialect.statuses import Status
from atwin.at.dialect.urcs import HttpAction, HttpCause
from atwin.at.reply import CmeError
from atwin.twin.chapters.http.client import METHODS, HttpClient, Wanted
from atwin.twin.chapters.http.failure import ActionFailed, Cause
from atwin.twin.chapters.http.parameters import Parameters
from atwin.twin.chapters.ssl import Ssl
from atwin.twin.engine.run import ChapterService, Run

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from atwin.at.dialect.said import Urc
    from atwin.net.http import HttpExchange
    from atwin.twin.chapters.http.stream import StreamSession

log = logging.getLogger("atwin.twin")

#: Parts of the buffer after which a trace hears how full it is.
_STEP = 1 / 8
#: Most bytes taken from a connection at a time.
_PIECE = 512 * 1024


class HttpService(ChapterService):
    """State of the HTTP commands, and the actions they start."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.profile = run.profile
        self.nvram = run.hardware.nvram
        self.flash = run.hardware.flash
        self.buffer = HttpBuffer(run.profile.limit("http_buffer"))
        self.client = HttpClient(run)
        self.tls = run.find(Ssl)
        self.urc = run.urc
        #: AT+HTTPSSL; per boot, not per session (docs/spec/http.md §2).
        self.ssl = 0
        self._traffic = run.hardware.traffic
        self._trace = run.hardware.trace
        self._told_fill = 0
        self._session: Session | None = None

    # --- session --------------------------------------------------------------------------------

    def begin(self) -> None:
        """HTTPINIT. Raises `CmeError` 3 when a session is open."""
        if self._session is not None:
            raise CmeError(Cme.NOT_ALLOWED)
        self.buffer.clear()
        self._traffic.begin_session()
        self._session = Session(Parameters.boot(self.nvram))
        self.tls.in_session = True

    def end(self) -> None:
        """HTTPTERM: a running action ends without a word (OQ-6). Raises `CmeError` 3."""
        session = self.session
        if session.work is not None:
            session.work.cancel()
        self.buffer.clear()
        self.note_fill(0)
        self._session = None
        self.tls.in_session = False

    @property
    def session(self) -> Session:
        """The open session. Raises `CmeError` 3 when there is none."""
        if self._session is None:
            raise CmeError(Cme.NOT_ALLOWED)
        return self._session

    @property
    def at_work(self) -> bool:
        return self._session is not None and self._session.busy

    @property
    def is_open(self) -> bool:
        """Whether there is a session."""
        return self._session is not None

    @property
    def idle_session(self) -> Session:
        """The open session with no action running. Raises `CmeError` 3."""
        session = self.session
        if session.busy:
            raise CmeError(Cme.NOT_ALLOWED)
        return session

    def require_idle(self) -> None:
        """Raises `CmeError` 3 without a session, or while an action runs."""
        _ = self.idle_session

    # --- actions --------------------------------------------------------------------------------

    def wanted(self, method: int, body: bytes = b"") -> Wanted:
        """The request the parameters describe. Raises `CmeError` 3 when there is no URL."""
        parameters = self.idle_session.parameters
        if not parameters.url:
            raise CmeError(Cme.NOT_ALLOWED)
        scheme = "https" if self.ssl else "http"
        return Wanted(METHODS[method], parameters.snapshot(), scheme, body)

    def start_action(self, method: int) -> None:
        """HTTPACTION: everything after its OK. Raises `CmeError` 3."""
        body = self.buffer.read() if METHODS[method] == "POST" else b""
        wanted = self.wanted(method, body)

        async def exchange(session: Session) -> tuple[int, int]:
            async with self.client.response(wanted) as exchange:
                self.keep_head(session, exchange.head.block)
                if wanted.method == "HEAD":
                    self.buffer.clear()
                    self.note_fill(0)
                else:
                    await self._fill(exchange)
                return exchange.head.status, len(self.buffer)

        def urc(status: int, length: int) -> Urc:
            return HttpAction(method, status, length)

        self.act("HTTPACTION", wanted, exchange, urc)

    def act(
        self,
        name: str,
        wanted: Wanted,
        work: Callable[[Session], Awaitable[tuple[int, int]]],
        urc: Callable[[int, int], Urc | None],
        *,
        deadline: bool = True,
    ) -> None:
        """Let `work` be the session's one action; it gives a status and a number of bytes.

        However it ends, what `urc` gives for the two is said once, unless HTTPTERM came first.
        `deadline`: TIMEOUT limits the whole of it. Raises `CmeError` 3.
        """
        session = self.idle_session
        session.head = b""
        session.method, session.status = wanted.method, None
        session.work = self.run.spawn(self._act(session, name, wanted, work, urc, deadline))

    async def _act(
        self,
        session: Session,
        name: str,
        wanted: Wanted,
        work: Callable[[Session], Awaitable[tuple[int, int]]],
        urc: Callable[[int, int], Urc | None],
        deadline: bool,
    ) -> None:
        failure: ActionFailed | None = None
        try:
            with self._traffic.action(f"{name} {wanted.method}", wanted.parameters.url):
                async with self.client.guarded(wanted, deadline=deadline):
                    status, amount = await work(session)
        except ActionFailed as failed:
            failure = failed
        except Exception as defect:
            log.error("%s failed in a way it should not", name, exc_info=defect)
            failure = ActionFailed(Status.NETWORK_ERROR, Cause.SOCKET, repr(defect))
        if self._session is not session:
            return  # HTTPTERM came while this one was failing: nobody waits for it any more
        if failure is not None:
            status, amount = failure.status, failure.kept
        self._log(name, wanted, status, amount, failure)
        # The URC says the action is over, so the next one may start on hearing it.
        session.work = None
        session.stream = None
        session.status = status
        if (end := urc(status, amount)) is not None:
            self.urc(end)

    def keep_head(self, session: Session, block: bytes) -> None:
        """Hold the header block for HTTPHEAD, in the module's letter case."""
        session.head = block.lower() if self.profile.has("head_lowercase") else block

    def _log(
        self, name: str, wanted: Wanted, status: int, amount: int, failure: ActionFailed | None
    ) -> None:
        """Log how a request ended and, by quirk, say its cause (docs/spec/http.md §4, OQ-17)."""
        if failure is None:
            log.info("%s %s: %d, %d bytes", name, wanted.method, status, amount)
            self._trace.notes("net", f"{name} {wanted.method}", status=status, bytes=amount)
            return
        cause = failure.cause
        log.info(
            "%s %s: %d, cause %d %s: %s", name, wanted.method, status, cause, cause.name, failure
        )
        self._trace.notes(
            "net",
            f"{name} {wanted.method}",
            status=status,
            cause=f"{cause.value} {cause.name}",
            why=str(failure),
        )
        if self.profile.quirks.http_error_urc:
            self.urc(HttpCause(cause.value))

    @property
    def fill(self) -> int:
        """Bytes that are held: of the response that streams through, else in the buffer."""
        stream = None if self._session is None else self._session.stream
        return len(self.buffer) if stream is None else stream.waiting

    def note_fill(self, size: int, step: float = 0.0) -> None:
        """The bytes in the buffer now: reported if they changed by more than `step`."""
        news = abs(size - self._told_fill)
        if news and news >= step * self.buffer.capacity:
            self._told_fill = size
            self._trace.notes("buffer", "fill", bytes=size)

    async def _fill(self, exchange: HttpExchange) -> None:
        """The body takes the buffer over with its first byte, or empties it when there is none."""
        data = await exchange.read(_PIECE)
        self.buffer.clear()
        self.note_fill(0)
        while data:
            self.buffer.add(data)
            self.note_fill(len(self.buffer), _STEP)
            data = await exchange.read(_PIECE)
        self.note_fill(len(self.buffer))
        if self.buffer.dropped:
            raise ActionFailed(
                Status.NO_MEMORY,
                Cause.NO_BUFFER,
                f"the response is larger than the buffer of {self.buffer.capacity} bytes",
                kept=len(self.buffer) if self.profile.quirks.overflow_kept else 0,
            )


@dataclass(slots=True)
class Session:
    """What HTTPINIT makes and HTTPTERM ends."""

    parameters: Parameters
    #: Header block of the last response, as HTTPHEAD prints it; empty when there was none.
    head: bytes = b""
    #: The running HTTPACTION, HTTPEXACTION or HTTPGETTOFS.
    work: asyncio.Task[None] | None = None
    #: What the running HTTPEXACTION passes through.
    stream: StreamSession | None = None
    #: The method of the last action, and how it ended; None while it runs.
    method: str | None = None
    status: int | None = None

    @property
    def busy(self) -> bool:
        """Whether an action is running."""
        return self.work is not None and not self.work.done()


class HttpBuffer:
    """The one buffer for both directions: data to post, then the response (docs/spec/http.md §5).

    At most `capacity` bytes; an empty one takes no memory.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        #: Bytes that did not fit since the last `clear`; they are gone (docs/spec/http.md §5.3).
        self.dropped = 0
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    def clear(self) -> None:
        """Forget the content."""
        self._data = bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        """Append what fits; old bytes stay, the rest of `data` is dropped."""
        room = self.capacity - len(self._data)
        self.dropped += max(0, len(data) - room)
        self._data += data[:room]

    def read(self, start: int = 0, size: int | None = None) -> bytes:
        """A copy of `size` bytes from `start`, or of what there is of them."""
        with memoryview(self._data) as view:
            return bytes(view[start : None if size is None else start + size])
