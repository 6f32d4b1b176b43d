"""A stream: HTTPEXACTION, and HTTPEXGET until the answer is over (docs/spec/http.md §3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from atwin.at.cme import Cme
from atwin.at.dialect.statuses import Status
from atwin.at.dialect.urcs import (
    BearerDeact,
    HttpExAction,
    HttpExGetReady,
    HttpExPosted,
    HttpExPostReady,
    Ready,
)
from atwin.host.errors import NoAnswerError, RefusedForGoodError
from atwin.host.http.body import urc_at_end
from atwin.host.http.parameters import AFTER_DEACT, URC_GRACE
from atwin.host.http.statuses import UNSENT, Sent, is_server_status
from atwin.host.http.url import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.said import Urc
    from atwin.host.channel.exchange import Reply
    from atwin.host.errors import RequestFailedError, StepError
    from atwin.host.http.opening import Opening
    from atwin.host.http.session import HttpSession

#: The URCs about the response of a stream: data, its end, or that there will be none.
Answer = HttpExGetReady | HttpExAction | BearerDeact
ANSWERS: Final = (HttpExGetReady, HttpExAction, BearerDeact)

_STREAM_URCS = (HttpExAction, HttpExGetReady, HttpExPosted, HttpExPostReady)

#: Bytes the module gives of a stream at a time when it is not told (docs/spec/http.md §3.11).
_STREAM_PIECE = 3880

#: Why there is no stream.
_NO_STREAM = "this module cannot stream"


class BodyStream:
    """The streaming session of the module: one at a time."""

    def __init__(self, session: HttpSession, opening: Opening) -> None:
        self._session = session
        self._script = session.script
        self._opening = opening
        #: Seconds each wait of the stream that runs may take.
        self.wait = session.setup.timeout + URC_GRACE
        #: How a piece ended that was not believed: once more, and it is.
        self._suspect = b""

    async def start(self, method: int, size: int | None = None) -> None:
        """HTTPEXACTION; `size` is the length of the body to post.

        Its pieces are progress: TIMEOUT, and `HttpSession.until` with it, bounds each wait for the
        server. Raises `CommandRefusedError`, `NoAnswerError`.
        """
        session = self._session
        await self._opening.aim()
        self.wait = await session.time_limit.begin()
        session.channel.forget(*_STREAM_URCS, BearerDeact, Ready)
        tail = "" if size is None else f",{size}"
        action = f"AT+HTTPEXACTION={method}{tail}"
        session.asks(action)
        reply = await self._script.ask(action)
        if not reply.ok:
            session.unsent()
            if reply.final.code == Cme.NOT_ALLOWED:
                raise self._script.refused(reply)  # another action is under way
            raise await session.parameters.for_good(
                self._script.refused(reply, _NO_STREAM, RefusedForGoodError)
            )

    async def drain(self, take: Callable[[bytes], None], first: Answer | None = None) -> int:
        """HTTPEXGET as often as data wait, until the session is over; the server's status.

        `first` is a URC that has come already. Raises `RequestFailedError`, `TlsFailed`,
        `CommandRefusedError`, `NoAnswerError`; `take` has everything that came before.
        """
        had_data = False
        while True:
            urc = first or await self._script.event(*ANSWERS, deadline=self.wait)
            first = None
            if isinstance(urc, HttpExGetReady):
                self._session.sent = Sent.ANSWERED
                # The manual's table says +HTTPGET:, its transcripts +HTTPEXGET: (OQ-14).
                reply = await self._fetch_piece()
                if not reply.ok:
                    raise await self._why_refused(reply)
                if reply.body:
                    take(reply.body)
                had_data = had_data or bool(reply.body)
            elif isinstance(urc, HttpExAction) and self._is_servers(urc.status, had_data=had_data):
                self._session.sent = Sent.ANSWERED
                return urc.status
            else:
                raise self.failed(urc)

    def _is_servers(self, status: int, *, had_data: bool) -> bool:
        """Whether `status` is the server's: nothing piles up in a stream that might not fit (602).

        And where data came, there was a name, a slot and a channel (603 to 605), which may break
        (606) where it is one of TLS.
        """
        if is_server_status(status) or status == Status.NO_MEMORY:
            return True
        way = self._session.way
        in_clear = origin_of(way.url)[0] == "http" and not way.by_module
        return had_data and (status in UNSENT or (status == Status.SSL_ALERT and in_clear))

    async def _fetch_piece(self) -> Reply:
        """HTTPEXGET, for no more than the line has been seen to carry. Raises `NoAnswerError`."""
        buffer = self._session.buffer
        size = "" if buffer.largest is None else f"={buffer.largest}"
        try:
            reply = await self._script.ask(f"AT+HTTPEXGET{size}")
            if reply.ok and reply.body is None:
                # The module said that data wait, and has handed them over: they got lost.
                raise self._script.no_answer(f"{reply.told} without the data", missing=1)
            looks = urc_at_end(reply.body or b"")
            if looks and looks != self._suspect:
                # What a stream has given cannot be read again, but asked for again.
                self._suspect = looks
                raise self._script.no_answer("what looks like a URC in it", missing=len(looks))
        except NoAnswerError as failure:
            if failure.missing:
                await buffer.lost(failure, buffer.largest or _STREAM_PIECE, 1)
            else:
                await buffer.doubtful()
            raise
        else:
            return reply

    async def _why_refused(self, reply: Reply) -> StepError:
        """A refused HTTPEXGET: the session may have ended just before, and its URC says how."""
        try:
            return self.failed(
                await self._script.event(HttpExAction, BearerDeact, deadline=AFTER_DEACT)
            )
        except NoAnswerError:
            return self._script.refused(reply)

    def failed(self, urc: Urc) -> RequestFailedError:
        """The error for a streaming session that `urc` ended."""
        status = urc.status if isinstance(urc, HttpExAction) else Status.NETWORK_ERROR
        self._session.unsent(status)
        error = self._session.failed(status, came=str(urc))
        self._session.way.failed(status)
        return error
