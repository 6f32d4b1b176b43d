"""Whole requests: get, head and post, with what docs/spec/flows.md §1 does when they fail."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from atwin.at.dialect.statuses import Status
from atwin.at.dialect.urcs import BearerDeact, HttpExAction, HttpExPosted, HttpExPostReady
from atwin.host.errors import CommandRefusedError, NoAnswerError, RequestFailedError, UsageError
from atwin.host.headers import Headers
from atwin.host.http.body import FLOW_ADVICE
from atwin.host.http.following import follow
from atwin.host.http.statuses import GET, HEAD, POST
from atwin.host.http.stream import ANSWERS, Answer
from atwin.line.frame import XOFF, XON

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.urcs import HttpAction
    from atwin.host.channel.exchange import Progress
    from atwin.host.http.session import HttpSession
    from atwin.host.identity import Limits

#: Seconds the module waits for each piece of a streamed body (docs/spec/http.md §3.11).
_PIECE_SECONDS = 120
#: Seconds in which the URC that explains a refused piece has come.
_AFTER_REFUSAL = 2.0

#: Seconds in which a module has its connection, where there is another way to post.
_LONGEST_CONNECT = 30.0

#: A module that takes less at a time has a buffer that answers do not fit, bytes.
_SMALL_BUFFER = 65_536

_OK = 200

PostStrategy = Literal["auto", "buffer", "stream"]


class _NeverAskedForBodyError(NoAnswerError):
    """A stream whose body was not sent."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the server said: any status of its own.

    `headers` are empty where the module does not report them: that can happen after a streamed
    post.
    """

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


async def get(session: HttpSession) -> Response:
    """GET whole. Raises as `HttpSession.action` does; 602 when it does not fit the buffer."""
    await session.parameters.ask_for(None)
    return await _exchange(session, GET)


async def head(session: HttpSession) -> Response:
    """HEAD. Raises as `HttpSession.action` does."""
    return await _exchange(session, HEAD)


async def post(
    session: HttpSession,
    data: bytes,
    progress: Progress | None = None,
    strategy: PostStrategy = "auto",
    cannot_stream: Callable[[], None] = lambda: None,
) -> Response | None:
    """POST `data` by `strategy`; what auto means, `choose` says.

    `cannot_stream` is called when a module that has the commands never asks for a body.

    After a redirect that wants no body any more this is a GET. None: the session was led
    elsewhere, and is to do the same there. `progress` hears how many bytes have gone to the module.
    Raises `UsageError` when the module cannot take that many, and as `HttpSession.action` does.
    """
    limits = session.limits
    session.way.may_restart = False
    if not session.way.with_body:
        return await get(session)
    chosen = choose(strategy, len(data), limits)
    may_buffer = strategy == "auto" and len(data) <= limits.post_max
    if XON in data or XOFF in data:
        await session.buffer.doubtful()
    try:
        if chosen == "stream":
            wait = _LONGEST_CONNECT if may_buffer else math.inf
            response = await _streamed_post(session, data, progress, wait)
        else:
            response = await _buffered_post(session, data, progress)
    except _NeverAskedForBodyError as failure:
        # Nothing of the body has been sent, so no server can have acted on it.
        session.unsent()
        if not may_buffer:
            raise
        cannot_stream()
        session.on_note(f"{failure.came}: posting through the module's buffer")
        await session.close()
        await session.open()
        response = await _buffered_post(session, data, progress)
    return None if await follow(session, response.status, POST) else response


def choose(strategy: PostStrategy, size: int, limits: Limits) -> Literal["buffer", "stream"]:
    """How a body of `size` bytes is posted.

    An answer that does not fit the buffer is lost, and the POST cannot be sent again to get it:
    so auto streams where the buffer is small, and what does not fit HTTPDATA. Raises `UsageError`
    for what the module does not have, or does not take.
    """
    if strategy not in ("auto", "buffer", "stream"):
        raise UsageError(f"{strategy!r} is not a way to post: auto, buffer or stream")
    if strategy == "stream" and not limits.streams:
        raise UsageError("this module cannot stream: it has no HTTPEXACTION; use buffer")
    if size > limits.post_max and (strategy == "buffer" or not limits.streams):
        what = "use stream" if limits.streams else "and cannot stream; split them"
        raise UsageError(
            f"{size} bytes to post: this module takes {limits.post_max} at a time, {what}"
        )
    small = limits.streams and limits.post_max < _SMALL_BUFFER
    wished = strategy == "stream" or (strategy == "auto" and small)
    # A stream without a body never gets to its answer.
    return "stream" if size and (wished or size > limits.post_max) else "buffer"


async def _buffered_post(session: HttpSession, data: bytes, progress: Progress | None) -> Response:
    """HTTPDATA and HTTPACTION."""
    await session.buffer.load(data, progress)
    try:
        return await _exchange(session, POST)
    except RequestFailedError as failure:
        if failure.status != Status.NO_MEMORY:
            raise
        length = (await session.buffer.headers()).get("content-length", "an unknown number of")
        streams = session.limits.streams
        other = "post the next one by stream (--strategy stream), or " if streams else ""
        raise session.failed(
            Status.NO_MEMORY,
            came=f"+HTTPACTION: {POST},{Status.NO_MEMORY},{failure.length}",
            length=failure.length,
            advice=f"the server has had the POST and answered with {length} bytes, of which the"
            f" buffer holds {failure.length}: do not send it again just to read them; {other}let"
            " the server answer with less",
        ).completed() from None


async def _exchange(session: HttpSession, method: int) -> Response:
    urc = await session.action(method)
    headers = await session.buffer.headers()
    return Response(urc.status, headers, await _body(session, method, urc, headers))


async def _body(session: HttpSession, method: int, urc: HttpAction, headers: Headers) -> bytes:
    """All that is in the buffer: a digit of the URC's length may have been lost on the line."""
    told = None if method == HEAD or "transfer-encoding" in headers else headers.length
    if told is not None and urc.length < told <= session.limits.read_max:
        with suppress(CommandRefusedError):
            return await session.buffer.read(told)
    if urc.length:
        return await session.buffer.read(urc.length)
    if method == GET and urc.status == _OK and told != 0:
        # Nothing else says that it is empty: the module is asked for a byte.
        with suppress(CommandRefusedError):
            await session.buffer.read(1)
            raise session.script.no_answer(f"{urc}, and the buffer is not empty")
    return b""


async def _streamed_post(
    session: HttpSession, data: bytes, progress: Progress | None, wait: float
) -> Response:
    """HTTPEXACTION, HTTPEXPOST until all is gone, HTTPEXGET until all is there.

    `wait` seconds at most until the module asks for the body.
    """
    script = session.script
    await session.stream.start(POST, len(data))
    try:
        urc = await script.event(
            HttpExPostReady, HttpExAction, BearerDeact, deadline=min(wait, session.stream.wait)
        )
    except NoAnswerError as failure:
        raise script.failure(
            _NeverAskedForBodyError,
            "the module never asked for the body",
            "some firmware does not: post by its buffer (--strategy buffer)",
        ) from failure
    if not isinstance(urc, HttpExPostReady):
        raise session.stream.failed(urc)
    answer: Answer | None = None
    most = session.limits.post_max
    for start in range(0, len(data), most):
        piece = data[start : start + most]
        done = await _give_piece(session, piece)
        if not isinstance(done, HttpExPosted):
            # The server answers before it has everything, or it is over.
            answer = done
            break
        if done.length != len(piece):
            raise script.no_answer(str(done), f"bytes got lost on the line: {FLOW_ADVICE}")
        if progress is not None:
            progress(start + len(piece))
    pieces: list[bytes] = []
    status = await session.stream.drain(pieces.append, answer)
    try:
        headers = await session.buffer.headers()
    except NoAnswerError:  # the answer is here, and asking for it again is no way
        headers = Headers()
    return Response(status, headers, b"".join(pieces))


async def _give_piece(session: HttpSession, piece: bytes) -> HttpExPosted | Answer:
    """HTTPEXPOST; that the piece is gone, or what ends the body before its end."""
    script = session.script
    try:
        await script.give(
            f"AT+HTTPEXPOST={len(piece)},{_PIECE_SECONDS * 1000}",
            piece,
            deadline=_PIECE_SECONDS + 9.0,
        )
    except CommandRefusedError as refusal:
        # Once the server has answered the module takes no more.
        try:
            return await script.event(*ANSWERS, deadline=_AFTER_REFUSAL)
        except NoAnswerError:
            raise refusal from None
    return await script.event(HttpExPosted, *ANSWERS, deadline=session.stream.wait)
