"""Whole requests: get, head and post, with what flows.md §1 does when they fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atwin.at.urc import BearerDeact, HttpExAction, HttpExPosted, HttpExPostReady
from atwin.host.errors import CommandRefusedError, NoAnswerError, UsageError
from atwin.host.headers import Headers
from atwin.host.http import ANSWERS, FLOW_ADVICE, GET, HEAD, POST, Answer

if TYPE_CHECKING:
    from atwin.host.channel import Progress
    from atwin.host.http import HttpSession
    from atwin.host.identity import Limits

#: Seconds the module waits for each piece of a streamed body (spec: http.md §3.11).
_PIECE_SECONDS = 120
#: Seconds in which the URC that explains a refused piece has come.
_AFTER_REFUSAL = 2.0


@dataclass(frozen=True, slots=True)
class Response:
    """What the server said: any status of its own. `headers` are empty after a streamed post."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


async def get(session: HttpSession, limits: Limits) -> Response:
    """GET whole. Raises as `HttpSession.action` does; 602 when it does not fit the buffer."""
    await session.whole()
    return await _exchange(session, GET, limits)


async def head(session: HttpSession, limits: Limits) -> Response:
    """HEAD. Raises as `HttpSession.action` does."""
    return await _exchange(session, HEAD, limits)


async def post(
    session: HttpSession,
    data: bytes,
    limits: Limits,
    progress: Progress | None = None,
) -> Response | None:
    """POST `data`; more than HTTPDATA takes is streamed where the module can.

    After a redirect that wants no body any more this is a GET. None: the session was led
    elsewhere, and is to do the same there. `progress` hears how many bytes have gone to the module.
    Raises `UsageError` when the module cannot take that many, and as `HttpSession.action` does.
    """
    if not session.way.with_body:
        return await get(session, limits)
    response = await _post(session, data, limits, progress)
    return None if await session.redirected(response.status, POST) else response


async def _post(
    session: HttpSession, data: bytes, limits: Limits, progress: Progress | None
) -> Response:
    if len(data) <= limits.post_max:
        await session.load(data, limits, progress)
        return await _exchange(session, POST, limits)
    if not limits.streams:
        raise UsageError(
            f"{len(data)} bytes to post: this module takes {limits.post_max} at a time and cannot"
            " stream; split them"
        )
    return await _streamed_post(session, data, limits, progress)


async def _exchange(session: HttpSession, method: int, limits: Limits) -> Response:
    urc = await session.action(method)
    headers = await session.headers()
    body = await session.read(urc.length, limits) if urc.length else b""
    return Response(urc.status, headers, body)


async def _streamed_post(
    session: HttpSession,
    data: bytes,
    limits: Limits,
    progress: Progress | None,
) -> Response:
    """HTTPEXACTION, HTTPEXPOST until all is gone, HTTPEXGET until all is there."""
    script = session.script
    await session.start_stream(POST, len(data))
    urc = await script.event(
        HttpExPostReady,
        HttpExAction,
        BearerDeact,
        deadline=session.stream_wait,
        advice="the module never asked for the body: some firmware does not",
    )
    if not isinstance(urc, HttpExPostReady):
        raise session.stream_failed(urc)
    answer: Answer | None = None
    for start in range(0, len(data), limits.post_max):
        piece = data[start : start + limits.post_max]
        done = await _give_piece(session, piece)
        if not isinstance(done, HttpExPosted):
            # The server answers before it has everything, or it is over.
            answer = done
            break
        if done.length != len(piece):
            raise NoAnswerError(
                script=script.name,
                step=script.number,
                sent=script.sent,
                came=str(done),
                advice=f"bytes got lost on the line: {FLOW_ADVICE}",
            )
        if progress is not None:
            progress(start + len(piece))
    pieces: list[bytes] = []
    status = await session.drain_stream(pieces.append, answer)
    return Response(status, body=b"".join(pieces))


async def _give_piece(session: HttpSession, piece: bytes) -> HttpExPosted | Answer:
    """HTTPEXPOST; that the piece is gone, or what ends the body before its end."""
    script = session.script
    try:
        await script.give(
            f"AT+HTTPEXPOST={len(piece)},{_PIECE_SECONDS * 1000}",
            piece,
            prompt=">",
            deadline=_PIECE_SECONDS + 9.0,
        )
    except CommandRefusedError as refusal:
        # Once the server has answered the module takes no more.
        try:
            return await script.event(*ANSWERS, deadline=_AFTER_REFUSAL)
        except NoAnswerError:
            raise refusal from None
    return await script.event(HttpExPosted, *ANSWERS, deadline=session.stream_wait)
