"""One request and its response on one connection (docs/spec/http.md §3.5, §4, §5.4).

Deadlines, redirects and status codes are the caller's; so is closing the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.http.bodies import ChunkedBody, CountedBody, HttpBody, Source
from atwin.net.http.response import (
    HEAD_LIMIT,
    BodyCutError,
    NotHttpError,
    ResponseHead,
    begin_of,
    codings,
    end_of_head,
    is_interim,
    may_begin,
)
from atwin.net.network import NetworkError, StreamError, TlsStreamError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.net.http.request import Request
    from atwin.net.network import Stream

#: Interim responses in front of the final one: more than any server has a reason for.
_MOST_INTERIM = 100
#: Bytes per piece of `HttpExchange.body`: one read for the biggest response of a module.
_PIECE = 512 * 1024


async def open_exchange(stream: Stream, request: Request) -> HttpExchange:
    """Send `request` with its body and read the head of the response.

    A server may refuse a body before it has all of it: when sending fails, the answer is
    looked for all the same. Raises `NotHttpError` and `StreamError`.
    """
    exchange = HttpExchange(stream, request)
    try:
        await exchange.send_head()
    except StreamError as broken:
        try:
            await exchange.read_response()
        except NetworkError:
            raise broken from None
    else:
        await exchange.read_response()
    return exchange


class HttpExchange:
    """A request being sent, then a response being read, as fast as the caller reads it."""

    def __init__(self, stream: Stream, request: Request) -> None:
        self._stream = stream
        self._request = request
        self._head: ResponseHead | None = None
        self._body: HttpBody
        self._received = 0

    @property
    def head(self) -> ResponseHead:
        """The head of the response, once `read_response` has returned."""
        assert self._head is not None, "no response has been read"
        return self._head

    @property
    def received(self) -> int:
        """HttpBody bytes read so far, chunked coding removed."""
        return self._received

    async def send_head(self) -> None:
        """Send the head, and the request's `body` in the same write. Raises `StreamError`."""
        await self._stream.write(self._request.head() + self._request.body)

    async def send_body(self, data: bytes | bytearray | memoryview) -> None:
        """Send one piece of an announced body.

        Raises `StreamError`; even then `read_response` may find an answer.
        """
        await self._stream.write(data)

    async def read_response(self) -> ResponseHead:
        """Wait for the final response's head; 1xx ones are skipped, but 101 is final.

        Raises `NotHttpError`, and `StreamError` when the connection breaks, or ends before
        the first byte of an answer.
        """
        received = bytearray()
        for _ in range(_MOST_INTERIM + 1):
            end = await self._receive_head(received)
            head = ResponseHead.parse(bytes(received[:end]))
            del received[:end]
            if not is_interim(head.status):
                self._head = head
                self._body = self._body_of(head, Source(bytes(received), self._stream))
                return head
        raise NotHttpError(f"more than {_MOST_INTERIM} interim responses")

    async def read(self, limit: int) -> bytes:
        """The next bytes of the body, at most `limit` (>= 1); b"" after the last.

        Nothing is read ahead, so a caller that stops stops the sender. Raises `BodyCutError`
        when the body does not come to its end, `TlsStreamError` as it is.
        """
        try:
            data = await self._body.read(limit)
        except TlsStreamError:
            raise
        except StreamError as error:
            raise BodyCutError(str(error), self._received) from error
        self._received += len(data)
        return data

    async def body(self) -> AsyncIterator[bytes]:
        """The pieces of the body as they come; raises what `read` raises."""
        while data := await self.read(_PIECE):
            yield data

    async def _receive_head(self, received: bytearray) -> int:
        """Read on until `received` begins with a whole head; gives its length."""
        searched = 0
        while (end := end_of_head(received, searched)) is None:
            searched = len(received)
            if not may_begin(received):
                raise NotHttpError(f"not an HTTP response: it begins with {begin_of(received)}")
            if searched >= HEAD_LIMIT:
                raise NotHttpError(f"the header is longer than {HEAD_LIMIT} bytes")
            data = await self._stream.read(HEAD_LIMIT - searched)
            if not data and searched:
                raise NotHttpError("the server closed the connection inside the header")
            if not data:
                raise StreamError("the server closed the connection without an answer")
            received += data
        return end

    def _body_of(self, head: ResponseHead, source: Source) -> HttpBody:
        """RFC 9112 §6.3. Raises `NotHttpError` for a coding nobody asked for."""
        if self._request.method == "HEAD" or head.status in (101, 204, 304):
            return CountedBody(source, 0)
        if coding := codings(head.headers):
            if coding != [b"chunked"]:
                raise NotHttpError(
                    f"a transfer coding that was not asked for: {begin_of(b', '.join(coding))}"
                )
            return ChunkedBody(source)
        length = head.length
        return source if length is None else CountedBody(source, length)
