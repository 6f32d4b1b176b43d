"""A module as its user sees it: bring it up, ask it, get, post, download."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict

from atwin.host.bearer import Bearer
from atwin.host.channel.channel import COMMAND_TIMEOUT, Channel
from atwin.host.channel.script import Script
from atwin.host.errors import HostError, ModuleSilentError, UsageError
from atwin.host.found.apn import Apn
from atwin.host.found.context import Context
from atwin.host.found.locked import Lock
from atwin.host.found.settings import Found
from atwin.host.http import request
from atwin.host.http.session import HttpSession
from atwin.host.http.setup import Setup
from atwin.host.http.statuses import Sent, tell_of_post
from atwin.host.identity import ask_identity, ask_limits
from atwin.host.line import Line, LineWishes
from atwin.host.recovery.board import Board
from atwin.host.recovery.ladder import Ladder
from atwin.host.recovery.recovery import Recovery, Retry
from atwin.host.recovery.revival import recover
from atwin.host.tls import TlsSetup
from atwin.line.frame import Flow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from atwin.clock import Clock
    from atwin.host.bring_up import Patience
    from atwin.host.channel.channel import LogEntry
    from atwin.host.channel.exchange import Reply
    from atwin.host.download.order import Strategy
    from atwin.host.download.reports import DownloadResult, ProgressCall
    from atwin.host.http.redirects import Header, Redirects
    from atwin.host.http.request import PostStrategy, Response
    from atwin.host.identity import Identity, Limits
    from atwin.host.recovery.ladder import Climbed
    from atwin.host.tls import TlsSettings
    from atwin.line.pins import HostPins
    from atwin.line.port import Port


class SimWishes(TypedDict, total=False):
    """What `Modem` takes for SIM and PDP."""

    apn: str
    user: str
    password: str
    auth: str
    pin: str | None
    pin_last_try: bool


#: Seconds in which the rate is given back.
_RESTORE_TIME = 5.0
#: Tries of AT before the first command of a program that brings nothing up, and seconds for each:
#: the module may be asleep, or start, which takes 1.3 s, and lose the next one to auto-baud.
_FIRST_TRIES, _FIRST_GAP = 8, 0.3


class Modem:
    """A module at a port, real or twin. Make it inside a running loop.

    Every method raises errors of the family `HostError`: `ModuleError` when module or line
    fail, `TlsFailed`, `UsageError` for what cannot be asked for. The `timeout` of a request is the
    module's own, 1 to 65535 s. `apn`, `user` and `password`
    are those of the PDP, sent by the method `auth`, `pap` or `chap`; the empty APN is the one the
    network gives. `pin` is entered where the SIM asks for it, not again after a refusal, and where
    one try is left only with `pin_last_try`. `tls` is for HTTPS: it raises
    `UsageError` for files that cannot be read. `line` is about rate and flow control. `pins` let
    a recovery reset the module; its owner closes them. With `leave_as_found` bring-up asks for
    echo, error reports and flow control first (two commands), and `close` sets them again where
    they were others (three commands, 3 s at most): for a module that a person uses too.
    A module that sleeps by itself (AT+CSCLK) is woken before each command that it would miss.
    """

    def __init__(
        self,
        port: Port,
        clock: Clock | None = None,
        *,
        apn: str = "",
        user: str = "",
        password: str = "",
        auth: str = "pap",
        pin: str | None = None,
        pin_last_try: bool = False,
        tls: TlsSettings | None = None,
        line: LineWishes | None = None,
        pins: HostPins | None = None,
        leave_as_found: bool = False,
    ) -> None:
        self.channel = Channel(port, clock)
        if pins is not None and pins.takes_rts and (line is None or line.flow is None):
            # With RTS/CTS the port itself would move RTS, and with it a pin.
            line = replace(line or LineWishes(), flow=Flow.NONE)
        self.channel.waking.may_drive_dtr = pins is None or not pins.takes_dtr
        self.channel.waking.note = lambda text: self.line.note(text)
        self.line = Line(self.channel, line)
        self._tls = TlsSetup(self.channel, tls) if tls is not None else None
        self.clock = self.channel.clock
        self.bearer = Bearer(self.channel, Apn(apn, user, password, auth, self._note))
        self._context = Context(self.channel, self._note)
        self._found = Found(self.channel) if leave_as_found else None
        lock = None if pin is None else Lock(pin, self._note, last_try=pin_last_try)
        self._board = Board(
            self.channel, self.line, self.bearer, pins=pins, found=self._found, lock=lock
        )
        self._limits: Limits | None = None
        self._identity: Identity | None = None
        #: False once a module that has the commands has not asked for a body.
        self._streams_posts = True
        #: How far the last `get`, `head` or `post` has got.
        self.sent = Sent.NOTHING
        #: The rungs the last `recover` or `download` climbed, also those of one that failed.
        self.climbed: list[Climbed] = []

    def _note(self, text: str) -> None:
        self.line.note(text)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the port; the module stays as it is, but at the rate it was found with.

        One that was never brought up is left without flow control, too. 8 s at most.
        """
        try:
            with suppress(HostError, TimeoutError):
                # Not asyncio.timeout, as in `Found.give_back`.
                await asyncio.wait_for(self.line.restore(), _RESTORE_TIME)
            if self._found is not None:
                await self._found.give_back()
            elif not self._board.was_up:
                await self.line.leave()
        finally:
            await self.channel.close()

    async def bring_up(self, patience: Patience | None = None) -> None:
        """Wait for the module, then for SIM, signal and network, then open the bearer."""
        await self._board.bring_up(patience)

    async def recover(
        self,
        *,
        give_up: float = 900.0,
        restart: bool = False,
        note: Callable[[str], None] | None = None,
    ) -> list[Climbed]:
        """Bring the module up, by the ladder if it does not come by itself (docs/spec/power.md §5).

        `give_up` in seconds bounds it all: a module that has been heard gets the ladder again and
        again until then. `restart` begins with AT+RESET whatever is wrong, or nothing; a module
        that is silent gets its pins pulled. Returns the rungs that were climbed; the last of them
        helped, unless the module came back by itself after it. Raises what was wrong in the end.
        """
        self.climbed = []
        await recover(self._board, give_up, note, restart=restart, climbed=self.climbed)
        return self.climbed

    async def command(
        self, text: str, *, timeout: float = COMMAND_TIMEOUT, data: bytes | None = None
    ) -> Reply:
        """One AT command line, without CR; its answer, good or bad. `timeout` in seconds.

        `data` are sent when the module asks for them (`>`, `DOWNLOAD`); the time then starts over.
        Raises `UsageError` if it is not one line, and `NoAnswerError`.
        """
        if not text or not text.isprintable():
            raise UsageError(
                f"{text!r} is not a command line: it takes printable characters, no CR"
            )
        if not self.channel.answered:
            await self._greet()
        return await Script("command", self.channel).ask(text, deadline=timeout, data=data)

    async def _greet(self) -> None:
        """`AT` first, if nothing was ever answered; if all is silent, the next command says so."""
        try:
            await self.channel.synchronise(_FIRST_TRIES, _FIRST_GAP)
        except ModuleSilentError:
            await self.line.is_slower()

    def on_log(self, call: Callable[[LogEntry], None]) -> None:
        """Let `call` hear every line of the AT dialogue, both directions.

        What it raises goes to the loop's exception handler.
        """
        self.channel.on_log(call)

    def on_urc(self, call: Callable[[str], None]) -> None:
        """Let `call` hear every line that the module says unasked; see `on_log`."""
        self.channel.on_urc(lambda text, urc: call(text))

    async def limits(self) -> Limits:
        """What the module can hold; asked once."""
        if self._limits is None:
            if not self.channel.answered:
                await self._greet()
            self._limits = await ask_limits(self.channel)
            if self._limits.note:
                self.line.note(self._limits.note)
        return self._limits

    async def identity(self) -> Identity:
        """Who the module is; asked once."""
        if self._identity is None:
            if not self.channel.answered:
                await self._greet()
            self._identity = await ask_identity(self.channel)
        return self._identity

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | Iterable[Header] | None = None,
        timeout: int = 120,
        redirects: bool | Redirects = True,
        retry: Retry | None = None,
    ) -> Response:
        """GET a body that fits the module's buffer, 2xx or not; `timeout` in seconds.

        Raises also `RequestFailedError` with status 602 when it does not fit: `download` it.
        """
        setup = Setup.of(url, timeout=timeout, redirects=redirects, headers=headers)
        return await self._request("get", setup, retry or Retry(), request.get)

    async def head(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | Iterable[Header] | None = None,
        timeout: int = 120,
        redirects: bool | Redirects = True,
        retry: Retry | None = None,
    ) -> Response:
        """HEAD; `timeout` in seconds."""
        setup = Setup.of(url, timeout=timeout, redirects=redirects, headers=headers)
        return await self._request("head", setup, retry or Retry(), request.head)

    async def post(
        self,
        url: str,
        data: bytes,
        *,
        content_type: str = "",
        headers: Mapping[str, str] | Iterable[Header] | None = None,
        timeout: int = 120,
        redirects: bool | Redirects = True,
        retry: Retry | None = None,
        progress: Callable[[int], None] | None = None,
        strategy: PostStrategy = "auto",
    ) -> Response:
        """POST `data`; `progress` hears how many bytes of it the module has.

        `strategy`: `buffer` is HTTPDATA and HTTPACTION, whose answer must fit the module's buffer;
        `stream` is HTTPEXACTION, for bodies and answers of any size; `auto` streams where the
        buffer is small, and what does not fit it.
        By default it is repeated only after a failure that came before anything was sent:
        a server must not see the same POST twice. What fails says whether it may have had it.
        """
        setup = Setup.of(
            url,
            timeout=timeout,
            redirects=redirects,
            content_type=content_type,
            headers=headers,
        )

        def cannot_stream() -> None:
            self._streams_posts = False

        async def post(session: HttpSession) -> Response | None:
            buffered = strategy == "auto" and not self._streams_posts
            chosen = "buffer" if buffered and len(data) <= session.limits.post_max else strategy
            return await request.post(session, data, progress, chosen, cannot_stream)

        try:
            return await self._request("post", setup, retry or Retry(unsent_only=True), post)
        except HostError as failure:
            tell_of_post(failure, self.sent)
            raise

    async def download(
        self,
        url: str,
        target: str | Path,
        *,
        sha256: str | None = None,
        md5: str | None = None,
        chunk: int | None = None,
        strategy: Strategy = "auto",
        max_size: int | None = None,
        resume_from: str | None = None,
        headers: Mapping[str, str] | Iterable[Header] | None = None,
        timeout: int = 120,
        redirects: bool | Redirects = True,
        retry: Retry | None = None,
        give_up: float = 900.0,
        progress: ProgressCall | None = None,
    ) -> DownloadResult:
        """Fetch a file of any size to `target`, going on where an earlier run stopped.

        `target` appears when everything is there and verified; until then the data are in
        `<target>.part`, and `<target>.journal` says how far they are good. `chunk` is the size
        of a part in bytes; `timeout` is for each request, in seconds; without progress for
        `give_up` seconds it ends, unless `retry` says otherwise. A file of more than `max_size`
        bytes is not fetched. `resume_from` is the URL an earlier run had for the same file. A
        target that has the hash already is not fetched again. Raises also `ServerError`,
        `TargetError` and `VerificationError`.
        """
        # Whoever only asks for something reads none of it.
        from atwin.host.download.course import Course
        from atwin.host.download.download import Download, already_there
        from atwin.host.download.order import Order
        from atwin.host.download.reports import tell_rung

        setup = Setup.of(url, timeout=timeout, redirects=redirects, headers=headers).for_download()
        order = Order(Path(target), sha256, md5, chunk, strategy, max_size, resume_from)
        if (there := already_there(url, order)) is not None:
            return there
        self.climbed = []
        ladder = Ladder(self._board, partial(tell_rung, order, progress), self.climbed)
        asking = Recovery(None, ladder, retry or Retry(give_up=give_up))
        identity = await asking.run(self.identity)
        limits = await asking.run(self.limits)
        course = Course(
            order,
            self._session(setup, limits, redirect_is_answer=False),
            ladder,
            retry=retry,
            give_up=give_up,
            progress=progress,
        )
        return await Download(course, identity.profile or identity.model).run()

    async def _request(
        self,
        name: str,
        setup: Setup,
        retry: Retry,
        attempt: Callable[[HttpSession], Awaitable[Response | None]],
    ) -> Response:
        """`attempt` gives None when the session has been led elsewhere, and is to ask there."""
        # Nothing goes out to a server before the module has said what it can hold.
        self.sent = Sent.NOTHING
        asking = Recovery(None, Ladder(self._board), replace(retry, unsent_only=False))
        limits = await asking.run(self.limits)
        session = self._session(setup, limits)
        session.script.begin(name)
        try:
            async with session:
                while True:
                    recovery = Recovery(session, Ladder(self._board), retry)
                    response = await recovery.run(partial(attempt, session))
                    if response is not None:
                        return response
                    if not session.way.with_body:
                        # The POST is done; where it was answered may be asked as often as need be.
                        retry = replace(retry, unsent_only=False)
        finally:
            self.sent = session.sent

    def _session(
        self, setup: Setup, limits: Limits, *, redirect_is_answer: bool = True
    ) -> HttpSession:
        session = HttpSession(
            self.channel,
            setup,
            limits,
            tls=self._tls,
            redirect_is_answer=redirect_is_answer,
            context=self._context,
        )
        session.on_loss = self.line.give_up_software
        return session
