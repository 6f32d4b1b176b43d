"""Bytes of a server as they come, read as an HTTP response: however they are cut, it is the same.

What h11, a strict reader of RFC 9112, takes as a whole response has this status and this body here
as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import h11

from atwin.net.http import BodyCutError, NotHttpError, Request, open_exchange
from atwin.net.http.response import HEAD_LIMIT
from atwin.net.network import StreamError
from atwin.net.url import Url
from fuzz.guided.dice import text
from fuzz.http_responses import BODIES, LINES, SPOILS, STARTS, response
from fuzz.runner import main

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from random import Random

T = TypeVar("T")

METHODS = ("GET", "GET", "POST", "HEAD")
WORDS = (*STARTS, *LINES, *BODIES, *SPOILS)


def seeds() -> Iterator[bytes]:
    """Each line and each body in a response that is right for the rest."""
    yield from (b"\r\n".join([start, b"Content-Length: 2", b"", b"ok"]) for start in STARTS)
    yield from (b"\r\n".join([STARTS[0], line, b"", b"0123456789"]) for line in LINES)
    for line in (LINES[0], LINES[7], b"Connection: close"):
        yield from (b"\r\n".join([STARTS[0], line, b"", body]) for body in BODIES)


class Read(NamedTuple):
    """What was made of the bytes: `ended` is "" for a whole response, else the kind of failure."""

    status: int
    body: bytes
    ended: str


class Given:
    """A stream that has these bytes, so many of them at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = memoryview(data), size

    async def read(self, limit: int) -> bytes:
        part = self._data[: min(limit, self._size)]
        self._data = self._data[len(part) :]
        return bytes(part)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def close(self) -> None:
        pass


async def read(data: bytes, method: str, size: int, limit: int) -> Read:
    """As a module reads it."""
    request = Request(method, Url.parse(b"http://odd.test/"))
    try:
        exchange = await open_exchange(Given(data, size), request)
    except NotHttpError as error:
        assert str(error).isprintable(), error
        return Read(0, b"", "no HTTP")
    except StreamError:
        return Read(0, b"", "no answer")
    body, ended = b"", ""
    try:
        while part := await exchange.read(limit):
            assert len(part) <= limit
            body += part
    except BodyCutError as error:
        assert str(error).isprintable(), error
        ended = "cut"
    assert exchange.received == len(body)
    return Read(exchange.head.status, body, ended)


def by_h11(data: bytes, method: str) -> Read | None:
    """What h11 makes of it; None where it refuses it, or it is not whole."""
    reader = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * HEAD_LIMIT)
    sent = [(b"host", b"x"), *([(b"content-length", b"0")] if method == "POST" else [])]
    reader.send(h11.Request(method=method, target="/", headers=sent))
    reader.send(h11.EndOfMessage())
    reader.receive_data(data)
    if data:
        reader.receive_data(b"")
    status, body = 0, b""
    try:
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif event is h11.NEED_DATA or event is h11.PAUSED or event == h11.ConnectionClosed():
                return None
    except h11.RemoteProtocolError:
        return None
    return Read(status, body, "")


def run(steps: Coroutine[Any, Any, T]) -> T:
    """To its end; nothing in it waits."""
    try:
        steps.send(None)
    except StopIteration as end:
        made: T = end.value
        return made
    raise AssertionError("it waits")


def attempt(dice: Random) -> None:
    """One response."""
    data = text(dice, response)
    method = dice.choice(METHODS)
    whole = run(read(data, method, 1 << 20, 1 << 20))
    cut = run(read(data, method, dice.choice((1, 2, 7, 100)), dice.choice((1, 50, 1 << 20))))
    assert cut == whole, f"{cut} and {whole}"
    other = by_h11(data, method)
    if other is not None and len(data) - len(other.body) < HEAD_LIMIT:
        assert whole == other, f"{whole}, h11 has {other}"


if __name__ == "__main__":
    main(attempt)
