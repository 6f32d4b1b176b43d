"""Header blocks as deployed servers really write them, and content codings."""

from __future__ import annotations

import gzip
from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import RIGHT, Case, Either, Expectation, GivesUp, Right
from support.odd_servers.wire import End, Header, Piece, Request, reply


class _Dressed(OddServer):
    """`dress` rewrites the head of every answer; `closes` for those who cannot read a length."""

    closes: ClassVar[bool] = False

    def answer(self, request: Request) -> list[Piece]:
        head, *body = self.plain(request)
        assert isinstance(head, bytes)
        return [self.dress(head), *body, *([End.CLOSE] if self.closes else [])]

    def dress(self, head: bytes) -> bytes:
        raise NotImplementedError


class HeadersLower(_Dressed):
    """Names in small letters (HTTP/2 gateways)."""

    def dress(self, head: bytes) -> bytes:
        status, _, lines = head.partition(b"\r\n")
        named = (line.partition(b":") for line in lines.split(b"\r\n"))
        return status + b"\r\n" + b"\r\n".join(n.lower() + c + v for n, c, v in named)


class HeadersUpper(_Dressed):
    """Names in capitals."""

    def dress(self, head: bytes) -> bytes:
        status, _, lines = head.partition(b"\r\n")
        named = (line.partition(b":") for line in lines.split(b"\r\n"))
        return status + b"\r\n" + b"\r\n".join(n.upper() + c + v for n, c, v in named)


class HeadersWithoutBlank(_Dressed):
    """No blank after the colon."""

    def dress(self, head: bytes) -> bytes:
        return head.replace(b": ", b":")


class HeadersManyBlanks(_Dressed):
    """Tabs and blanks around the values."""

    def dress(self, head: bytes) -> bytes:
        return (
            head.replace(b": ", b":\t   ")
            .replace(b"\r\n", b"  \r\n")
            .replace(b"\n  \r\n", b"\n\r\n")
        )


class HeadersLineFeeds(_Dressed):
    """Bare line feeds (CGI by hand)."""

    def dress(self, head: bytes) -> bytes:
        return head.replace(b"\r\n", b"\n")


class HeadersLong(_Dressed):
    """6 KB of them (cookies, policies)."""

    def dress(self, head: bytes) -> bytes:
        return head[:-2] + b"Content-Security-Policy: " + b"x" * 6000 + b"\r\n\r\n"


class HeadersMany(_Dressed):
    """A hundred Set-Cookie lines."""

    def dress(self, head: bytes) -> bytes:
        cookies = b"".join(b"Set-Cookie: c%d=%d; Path=/\r\n" % (n, n) for n in range(100))
        return head[:-2] + cookies + b"\r\n"


class HeadersTooLong(_Dressed):
    """9 KB: more than a module reads (docs/spec/http.md §4)."""

    def dress(self, head: bytes) -> bytes:
        return head[:-2] + b"X: " + b"y" * 9000 + b"\r\n\r\n"

    def expect(self, case: Case) -> Expectation:
        because = "a module reads 8 KiB of header (docs/spec/http.md §4)"
        return GivesUp((1, 3), (r"600|HTTP|header",), because=because)


class HeadersFolded(_Dressed):
    """A folded line (RFC 822)."""

    def dress(self, head: bytes) -> bytes:
        return head[:-2] + b"X-Note: one\r\n two\r\n\r\n"


class HeadersLatin(_Dressed):
    """Bytes beyond ASCII."""

    def dress(self, head: bytes) -> bytes:
        return head[:-2] + b"Server: caf\xe9 \xff\xfe\r\n\r\n"


class HeadersChinese(_Dressed):
    """UTF-8 in Content-Disposition."""

    def dress(self, head: bytes) -> bytes:
        name = "固件.bin".encode()
        return head[:-2] + b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\n'


class HeadersTwice(_Dressed):
    """ETag and Last-Modified twice, the same (two layers that both add them)."""

    def dress(self, head: bytes) -> bytes:
        lines = head[:-4].split(b"\r\n")
        again = [line for line in lines if line.startswith((b"ETag", b"Last-Modified"))]
        return b"\r\n".join([*lines, *again, b"", b""])


class HeadersLengthTwice(_Dressed):
    """Content-Length twice, the same."""

    def dress(self, head: bytes) -> bytes:
        lines = head[:-4].split(b"\r\n")
        again = [line for line in lines if line.startswith(b"Content-Length")]
        return b"\r\n".join([*lines, *again, b"", b""])


class HeadersBlankBeforeColon(_Dressed):
    """`Content-Length : 10` (field report)."""

    closes = True

    def dress(self, head: bytes) -> bytes:
        return head.replace(b"Content-Length:", b"Content-Length :")


class HeadersStrayLine(_Dressed):
    """A line without a colon (a debug print in a script)."""

    closes = True

    def dress(self, head: bytes) -> bytes:
        return head[:-2] + b"MARKER\r\n\r\n"


class HeadersLikeAnswers(_Dressed):
    """Header values that look like answers of a module (hostile)."""

    def dress(self, head: bytes) -> bytes:
        return head[:-2] + b"X-A: OK\r\nX-B: +HTTPACTION: 0,200,5\r\nX-C: ERROR\r\nRDY: 1\r\n\r\n"


class StatusWithoutReason(_Dressed):
    """`HTTP/1.1 200` and the line ends."""

    def dress(self, head: bytes) -> bytes:
        status, _, lines = head.partition(b"\r\n")
        return status[:12] + b"\r\n" + lines


class StatusWithLongReason(_Dressed):
    """A reason of 3,000 letters."""

    def dress(self, head: bytes) -> bytes:
        status, _, lines = head.partition(b"\r\n")
        return status[:13] + b"O" * 3000 + b"\r\n" + lines


class TransferIdentity(_Dressed):
    """`Transfer-Encoding: identity` beside a length (field report)."""

    closes = True

    def dress(self, head: bytes) -> bytes:
        return head[:-2] + b"Transfer-Encoding: identity\r\n\r\n"


class BodyLikeAnswers(OddServer):
    """A file that is made of answers and URCs of a module (hostile, or an AT log)."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        log = (
            b"\r\nOK\r\n\r\n+HTTPREAD: 99999999\r\n\r\n+HTTPACTION: 0,200,5\r\nRDY\r\n\r\nERROR\r\n"
        )
        self.data = (log * (self.size // len(log) + 1))[: self.size]


# --- content codings ------------------------------------------------------------------------------


class CodingIdentity(OddServer):
    """`Content-Encoding: identity`: nothing is coded."""

    def common(self) -> list[Header]:
        return [*super().common(), ("Content-Encoding", "identity")]


class CodingAwsChunked(OddServer):
    """`Content-Encoding: aws-chunked`, left over from the upload (S3); nothing is coded."""

    def common(self) -> list[Header]:
        return [*super().common(), ("Content-Encoding", "aws-chunked")]


class CodingAlways(OddServer):
    """gzip whatever was asked; length, ranges and ETag are those of the coded file."""

    coding: ClassVar[str] = "gzip"

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.data = gzip.compress(self.data, 1, mtime=0)
        self.size = len(self.data)

    def common(self) -> list[Header]:
        return [*super().common(), ("Content-Encoding", self.coding)]

    def expect(self, case: Case) -> Expectation:
        if case.start == "fresh":
            return Right(noted=rf"{self.coding}|cod")
        return RIGHT


class CodingBrotli(CodingAlways):
    """The same, called br."""

    coding = "br"


class CodingHidesTheHash(CodingAlways):
    """The hash that was promised is that of the file, and what comes is gzip."""

    settles = False  # even when it is well, it has nothing that hashes right

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.uncoded = gzip.decompress(self.data)

    @classmethod
    def applies(cls, case: Case) -> bool:
        return case.sha256

    def truths(self) -> list[bytes]:
        return [self.uncoded]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1, 5), (r"gzip|cod",), because="it is coded, and nobody asked for that")


class CodingForWholeGets(OddServer):
    """gzip for a GET without a range, as it is for HEAD and ranges (nginx `gzip on`)."""

    def answer(self, request: Request) -> list[Piece]:
        if request.method != "GET" or request.ranged:
            return self.plain(request)
        said: list[Header] = [("ETag", 'W/"v1-AbC"'), ("Content-Encoding", "gzip")]
        return reply(request, 200, said, gzip.compress(self.data, 1, mtime=0))

    def expect(self, case: Case) -> Expectation:
        if case.strategy == "range":
            return RIGHT
        says = (r"gzip|cod|length|bytes|SHA-256",)
        return Either(GivesUp((1, 5), says, because="the stream is coded"))


class CodingUnlessIdentity(OddServer):
    """gzip unless `Accept-Encoding: identity` is sent; two entities under one ETag."""

    def answer(self, request: Request) -> list[Piece]:
        if "identity" in request.headers.get("accept-encoding", ""):
            return self.plain(request)
        coded = gzip.compress(self.data, 1, mtime=0)
        pieces = self.plain(request, coded)
        head = pieces[0]
        assert isinstance(head, bytes)
        return [head[:-2] + b"Content-Encoding: gzip\r\n\r\n", *pieces[1:]]

    def truths(self) -> list[bytes]:
        return [self.data, gzip.compress(self.data, 1, mtime=0)]

    def expect(self, case: Case) -> Expectation:
        failure = GivesUp((1, 5), (r"gzip|cod|length|SHA-256",), because="it is coded")
        return Either(failure) if case.sha256 or case.start != "fresh" else RIGHT


class TypeChanges(OddServer):
    """The type is guessed again each time (a CDN that sniffs), the validators agree."""

    def common(self) -> list[Header]:
        kinds = ("application/octet-stream", "binary/octet-stream", "application/x-firmware")
        return [*self.validators(), ("Content-Type", kinds[self.count % 3])]


class TypeIsHtml(OddServer):
    """A file of type text/html, to HEAD and GET alike: that is what it is."""

    def common(self) -> list[Header]:
        return [*self.validators(), ("Accept-Ranges", "bytes"), ("Content-Type", "text/html")]


class TypeMissing(OddServer):
    """No Content-Type."""

    def common(self) -> list[Header]:
        return [*self.validators(), ("Accept-Ranges", "bytes")]


class TypeWithCharset(OddServer):
    """HEAD says `text/plain; charset=utf-8`, GET `text/plain`."""

    def answer(self, request: Request) -> list[Piece]:
        self.charset = "; charset=utf-8" if request.method == "HEAD" else ""
        return self.plain(request)

    def common(self) -> list[Header]:
        kind = f"text/plain{getattr(self, 'charset', '')}"
        return [*self.validators(), ("Accept-Ranges", "bytes"), ("Content-Type", kind)]
