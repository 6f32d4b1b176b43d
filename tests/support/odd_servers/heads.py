"""HEAD is a courtesy: servers that do it badly, or not at all, while their GET is faultless."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import RIGHT, Case, Expectation, GivesUp
from support.odd_servers.wire import End, Header, Piece, Request, Wait, page, reply

_BODY = b"<html><body>It works!</body></html>"


class _OddHead(OddServer):
    """GET is faultless; `head` answers HEAD."""

    def answer(self, request: Request) -> list[Piece]:
        return self.head(request) if request.method == "HEAD" else self.plain(request)

    def head(self, request: Request) -> list[Piece]:
        raise NotImplementedError

    def said(self, request: Request, *headers: Header) -> list[Piece]:
        """200 with the usual headers, and these."""
        return reply(request, 200, [*self.common(), *headers])


class _HeadStatus(_OddHead):
    """HEAD is answered with `status` and nothing else."""

    status: ClassVar[int]

    def head(self, request: Request) -> list[Piece]:
        return reply(request, self.status, [("Date", "Thu, 16 Jan 2020 06:50:58 GMT")])


class HeadBadRequest(_HeadStatus):
    """Gateways whose function parses a body that HEAD never brings (serverless platforms)."""

    status = 400


class HeadUnauthorized(_HeadStatus):
    """Object stores with a query signature made for GET: HEAD is another request to sign."""

    status = 401


class HeadForbidden(_HeadStatus):
    """S3 presigned URLs for GET answer 403 to HEAD."""

    status = 403


class HeadNotFound(_HeadStatus):
    """Web frameworks that route GET only (hand-written handlers, Go's httprouter)."""

    status = 404


class HeadNotAllowed(_HeadStatus):
    """Frameworks that know the path and only GET for it (FastAPI, Spring with one mapping)."""

    status = 405


class HeadNotAcceptable(_HeadStatus):
    """ModSecurity rules against HEAD without Accept-Language."""

    status = 406


class HeadCrashes(_HeadStatus):
    """Handlers that write a body, which their framework refuses for HEAD: 500."""

    status = 500


class HeadNotImplemented(_HeadStatus):
    """Python's BaseHTTPRequestHandler without do_HEAD, and many small servers."""

    status = 501


class HeadBadGateway(_HeadStatus):
    """A proxy whose backend closes at HEAD; GET goes through."""

    status = 502


class HeadUnavailable(_HeadStatus):
    """A load balancer whose health rule sends HEAD to an empty pool; GET goes elsewhere."""

    status = 503


class HeadNoContent(_HeadStatus):
    """Handlers that take HEAD for "is it there?" and say 204."""

    status = 204


class HeadNotModified(_HeadStatus):
    """A cache that answers any HEAD with 304."""

    status = 304


class HeadGone(_HeadStatus):
    """A download counter that knows HEAD only for links it has ended."""

    status = 410


class HeadTeapot(_HeadStatus):
    """Bot filters that take HEAD for a crawler (418, as some Chinese sites say it)."""

    status = 418


class HeadClosed(_OddHead):
    """lwIP's example server and other small stacks close when the method is not GET or POST."""

    def head(self, request: Request) -> list[Piece]:
        return [End.CLOSE]


class HeadReset(_OddHead):
    """Firewalls that reset what is not GET or POST."""

    def head(self, request: Request) -> list[Piece]:
        return [End.RESET]


class HeadSilent(_OddHead):
    """Camera and PLC web servers that wait for a body after HEAD, or forget the request."""

    give_up = 60.0

    def head(self, request: Request) -> list[Piece]:
        return [End.SILENCE]


class HeadSlow(_OddHead):
    """Scripts that make the whole file before they can say how long it is."""

    def head(self, request: Request) -> list[Piece]:
        return [Wait(3.0), *self.plain(request)]


class HeadWithoutHttp(_OddHead):
    """gnutls-serv answers HEAD with an HTML page without a head."""

    def head(self, request: Request) -> list[Piece]:
        return [_BODY, End.CLOSE]


class HeadEmptyLine(_OddHead):
    """A CGI that dies before its first header: the front server passes on an empty line."""

    def head(self, request: Request) -> list[Piece]:
        return [b"\r\n\r\n", End.CLOSE]


class HeadCutInside(_OddHead):
    """A server that closes in the middle of its header block."""

    def head(self, request: Request) -> list[Piece]:
        return [b"HTTP/1.1 200 OK\r\nContent-Le", End.CLOSE]


class HeadLengthLarger(_OddHead):
    """The length of the file plus that of a banner GET does not send (field report)."""

    def head(self, request: Request) -> list[Piece]:
        return self.said(request, ("Content-Length", self.size + 100))


class HeadLengthSmaller(_OddHead):
    """A stale stat cache (NFS, overlay file systems) in the answer to HEAD."""

    def head(self, request: Request) -> list[Piece]:
        return self.said(request, ("Content-Length", self.size - 100))


class HeadLengthZero(_OddHead):
    """Frameworks that measure the body they did not make: Content-Length: 0."""

    def head(self, request: Request) -> list[Piece]:
        return self.said(request, ("Content-Length", 0))


class HeadLengthOfPage(_OddHead):
    """A server that measures its error page for HEAD, but says 200."""

    def head(self, request: Request) -> list[Piece]:
        return page(request, 200)


class HeadWithoutLength(_OddHead):
    """Servers that stream from a script: no Content-Length to HEAD."""

    def head(self, request: Request) -> list[Piece]:
        return reply(request, 200, self.common(), length=False)


class HeadChunked(_OddHead):
    """Node and Go handlers without a length: Transfer-Encoding: chunked even to HEAD."""

    def head(self, request: Request) -> list[Piece]:
        chunked: list[Header] = [*self.common(), ("Transfer-Encoding", "chunked")]
        return reply(request, 200, chunked, length=False)


class HeadLengthNegative(_OddHead):
    """A 32-bit counter that was -1 for "unknown"."""

    def head(self, request: Request) -> list[Piece]:
        return self.said(request, ("X-Content-Length", -1), ("Content-Length", ""))


class HeadLengthHuge(_OddHead):
    """A counter nobody set: 1 GiB, far more than there is."""

    def head(self, request: Request) -> list[Piece]:
        return self.said(request, ("Content-Length", 1 << 30))


class HeadOtherEtag(_OddHead):
    """Apache's mod_deflate and others: HEAD's ETag with a suffix that GET does not have."""

    def head(self, request: Request) -> list[Piece]:
        return reply(request, 200, [("ETag", '"v1-AbC-gzip"'), ("Content-Length", self.size)])


class HeadWeakEtag(_OddHead):
    """nginx with gzip on makes ETags weak, for HEAD here and not for the ranges."""

    def head(self, request: Request) -> list[Piece]:
        return reply(request, 200, [("ETag", 'W/"v1-AbC"'), ("Content-Length", self.size)])


class HeadOtherModified(_OddHead):
    """HEAD answered by another node, whose copy was written one second later."""

    def head(self, request: Request) -> list[Piece]:
        other = "Wed, 08 Jan 2020 08:29:30 GMT"
        return reply(request, 200, [("Last-Modified", other), ("Content-Length", self.size)])


class HeadStale(_OddHead):
    """Varnish keeping HEAD apart from GET: yesterday's length, ETag and date."""

    def head(self, request: Request) -> list[Piece]:
        old: list[Header] = [
            ("ETag", '"v0"'),
            ("Last-Modified", "Tue, 07 Jan 2020 08:29:29 GMT"),
            ("Content-Length", self.size // 2),
            ("Content-Type", "application/octet-stream"),
        ]
        return reply(request, 200, old)


class HeadOtherType(_OddHead):
    """Frameworks that set the type with the body: text/html to HEAD."""

    def head(self, request: Request) -> list[Piece]:
        html: list[Header] = [*self.validators(), ("Content-Type", "text/html")]
        return reply(request, 200, [*html, ("Content-Length", self.size)])


class HeadWithBody(_OddHead):
    """Small servers that send the file to HEAD too."""

    def head(self, request: Request) -> list[Piece]:
        return [*self.said(request, ("Content-Length", self.size)), self.data[:3000], End.CLOSE]


class HeadRedirectsToPage(_OddHead):
    """Sites that send HEAD to a landing page (302), GET to the file."""

    def answer(self, request: Request) -> list[Piece]:
        return page(request) if request.path == "/landing" else super().answer(request)

    def head(self, request: Request) -> list[Piece]:
        return reply(request, 302, [("Location", "/landing")])


class HeadRedirectsForEver(_OddHead):
    """A cookie check that HEAD never passes: a loop."""

    def head(self, request: Request) -> list[Piece]:
        return reply(request, 302, [("Location", self.path)])


class HeadRefusesRanges(_OddHead):
    """Accept-Ranges: none out of a default configuration, while ranges work."""

    def head(self, request: Request) -> list[Piece]:
        said: list[Header] = [*self.validators(), ("Accept-Ranges", "none")]
        return reply(request, 200, [*said, ("Content-Length", self.size)])


class HeadPartial(_OddHead):
    """A server that answers HEAD with 206 and a Content-Range, asked for none."""

    def head(self, request: Request) -> list[Piece]:
        said: list[Header] = [*self.common(), ("Content-Range", f"bytes 0-0/{self.size}")]
        return reply(request, 206, [*said, ("Content-Length", 1)])


class HeadOnlyOnceGood(_OddHead):
    """A rate limit for HEAD alone: the second one within a minute is 429."""

    def head(self, request: Request) -> list[Piece]:
        if request.number == 1:
            return self.plain(request)
        return reply(request, 429, [("Retry-After", 600)])


class HeadAndRangesUnknown(_OddHead):
    """The smallest servers: GET of the whole file, and nothing else."""

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "HEAD":
            return reply(request, 501)
        return reply(request, 200, [("Content-Type", "application/octet-stream")], self.data)

    def expect(self, case: Case) -> Expectation:
        if self.whole_will_do(case):
            return RIGHT
        because = "the buffer does not hold the file, and ranges there are none"
        return GivesUp((1,), (r"range",), because=because)
