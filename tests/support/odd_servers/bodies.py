"""How the body is carried: lengths, chunks, closed and broken connections, time."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import RIGHT, Case, Expectation, GivesUp
from support.odd_servers.ranges import NO_RANGES
from support.odd_servers.wire import End, Header, Piece, Request, reply

BROKEN = r"clos|601|network|broke|cut|bytes|408|time"


class Carried(OddServer):
    """GET is carried in another way, by `carry` from head and body."""

    abstract = True

    def answer(self, request: Request) -> list[Piece]:
        pieces = self.plain(request)
        if request.method != "GET" or len(pieces) < 2:
            return pieces
        head, body = pieces[0], pieces[1]
        assert isinstance(head, bytes)
        assert isinstance(body, bytes)
        return self.carry(request, head, body)

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        raise NotImplementedError


def without_length(head: bytes, *instead: bytes) -> bytes:
    lines = head.split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"content-length")]
    return b"\r\n".join([*kept[:-2], *instead, b"", b""])


class WholeOnly(OddServer):
    """No ranges, and HEAD says no length."""

    abstract = True

    def common(self) -> list[Header]:
        return [*self.validators(), ("Content-Type", "application/octet-stream")]

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "HEAD":
            return reply(request, 200, self.common(), length=False)
        return self.whole(request)

    def whole(self, request: Request) -> list[Piece]:
        raise NotImplementedError

    def expect(self, case: Case) -> Expectation:
        if self.whole_will_do(case):
            return RIGHT
        return GivesUp((1,), (r"range|fit|length|holds",), because=NO_RANGES)


class ClosedAtTheEnd(WholeOnly):
    """No length at all; the end of the connection is the end of the file (HTTP/1.0 habits)."""

    def whole(self, request: Request) -> list[Piece]:
        return reply(request, 200, self.common(), self.data, length=False, end=End.CLOSE)


class ClosedAtTheEndSmall(ClosedAtTheEnd):
    """The same, for a file smaller than a part."""

    parts = 0.6


class OldHttp(WholeOnly):
    """HTTP/1.0 without ranges (ancient and tiny servers)."""

    def whole(self, request: Request) -> list[Piece]:
        said = self.common()
        return reply(request, 200, said, self.data, version="HTTP/1.0", end=End.CLOSE)


class ChunkedOnly(WholeOnly):
    """Chunked, no ranges (scripts behind a proxy)."""

    def whole(self, request: Request) -> list[Piece]:
        said: list[Header] = [*self.common(), ("Transfer-Encoding", "chunked")]
        return reply(request, 200, said, _chunked(self.data, 8192), length=False)


class ChunkedOnlySmall(ChunkedOnly):
    """The same, for a file smaller than a part."""

    parts = 0.6


def _chunked(body: bytes, size: int, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    steps = (body[at : at + size] for at in range(0, len(body), size))
    coded = b"".join(b"%x%b\r\n%b\r\n" % (len(step), extension, step) for step in steps)
    return coded + b"0\r\n" + trailer + b"\r\n"


class _Chunked(Carried):
    """Chunked, ranges too."""

    size_of_chunk: ClassVar[int] = 1000
    extension: ClassVar[bytes] = b""
    trailer: ClassVar[bytes] = b""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        coded = _chunked(body, self.size_of_chunk, self.extension, self.trailer)
        return [without_length(head, b"Transfer-Encoding: chunked"), coded]


class ChunkedRanges(_Chunked):
    """Proxies that rewrite everything."""


class ChunkedSmallPieces(_Chunked):
    """Chunks of 7 bytes."""

    size_of_chunk = 97


class ChunkedExtensions(_Chunked):
    """Chunk extensions (RFC 9112 §7.1.1)."""

    extension = b";signature=0123456789abcdef"


class ChunkedPadded(_Chunked):
    """Chunk sizes padded with blanks (Apache 1.3 and its heirs)."""

    extension = b"   "


class ChunkedTrailers(_Chunked):
    """Trailers after the last chunk."""

    trailer = b"X-Checksum: 1234\r\nServer-Timing: total;dur=1\r\n"


class ChunkedZeros(_Chunked):
    """Chunk sizes in capitals, with zeros in front."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        coded = b"%08X\r\n%b\r\n0000\r\n\r\n" % (len(body), body)
        return [without_length(head, b"Transfer-Encoding: chunked"), coded]


class ChunkedCutOnce(_Chunked):
    """The connection breaks inside a chunk, once."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        pieces = super().carry(request, head, body)
        if len(self.log.times("GET")) == 1:
            assert isinstance(pieces[1], bytes)
            return [pieces[0], pieces[1][: len(pieces[1]) // 2], End.CLOSE]
        return pieces


class RangesClosedAtTheEnd(Carried):
    """No lengths, but Content-Range."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [without_length(head), body, End.CLOSE]


class OldHttpWithRanges(Carried):
    """HTTP/1.0 in the status line of a server that knows ranges (lighttpd behind old proxies)."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [head.replace(b"HTTP/1.1", b"HTTP/1.0"), body, End.CLOSE]


class ConnectionClosed(Carried):
    """`Connection: close` on every answer."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [head[:-2] + b"Connection: close\r\n\r\n", body, End.CLOSE]


class ConnectionClosedSilently(Carried):
    """Closed after each answer, and nothing says so."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [head, body, End.CLOSE]


class BytesBehindTheBody(Carried):
    """Line ends, or half an answer, after the body (buggy CGI)."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [head, body + b"\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n", End.CLOSE]


class BodyInOneWrite(Carried):
    """Head and body in one segment."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [head + body]


class HeadInBytes(Carried):
    """The head byte by byte."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [*(head[at : at + 1] for at in range(len(head))), body]
