"""Refusals that stay, and successes with a number of their own."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import Case, Either, Expectation, GivesUp
from support.odd_servers.wire import Piece, Request, Wait, reply


class _Refuses(OddServer):
    """`status` to everything."""

    status: ClassVar[int]

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, self.status, [("Content-Type", "text/html")], b"<h1>no</h1>")

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1,), (str(self.status),), because="it refuses", keeps=True)


class RefusesBadRequest(_Refuses):
    """400."""

    status = 400


class RefusesUnauthorized(_Refuses):
    """401: it wants a password."""

    status = 401


class RefusesForbidden(_Refuses):
    """403."""

    status = 403


class RefusesNotFound(_Refuses):
    """404."""

    status = 404


class RefusesProxyLogin(_Refuses):
    """407: a proxy of the carrier."""

    status = 407


class RefusesGone(_Refuses):
    """410."""

    status = 410


class RefusesOldHttp(_Refuses):
    """426: it wants HTTP/2."""

    status = 426


class RefusesForLegalReasons(_Refuses):
    """451."""

    status = 451


class RefusesCrash(_Refuses):
    """500 to everything."""

    status = 500


class RefusesNetworkLogin(_Refuses):
    """511: a captive portal that is honest (RFC 6585)."""

    status = 511


class RefusesChoice(_Refuses):
    """300: several files, choose one."""

    status = 300


class RefusesNotModified(_Refuses):
    """304 to everything, though nobody asked whether."""

    status = 304


class _RefusesLikeTheModule(_Refuses):
    """A number of the module's own, in a plain HTTP answer."""

    never: ClassVar[tuple[str, ...]] = ()

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1, 3), (str(self.status),), self.never, because="it refuses")


class RefusesAs602(_RefusesLikeTheModule):
    """602, which the module says of a full buffer."""

    status = 602


class RefusesAs605(_RefusesLikeTheModule):
    """605, which the module says of a failed handshake; there is no TLS here."""

    status = 605
    never = (r"TLS|cipher|certificate",)


class RefusesAs606(_RefusesLikeTheModule):
    """606, which the module says of a broken channel; there is no TLS here."""

    status = 606
    never = (r"TLS|cipher|certificate",)


class RefusesAs999(_RefusesLikeTheModule):
    """999 (LinkedIn and others to robots)."""

    status = 999


class GoneInTheMiddle(OddServer):
    """The file is deleted: 404 from the fourth request on."""

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 404) if request.number >= 4 else self.plain(request)

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"404",), because="it is gone", keeps=True))


class ForbiddenInTheMiddle(OddServer):
    """Parts after the first third are 403 (a paywall for the rest)."""

    def answer(self, request: Request) -> list[Piece]:
        far = request.ranged and request.span(self.size)[0] > self.size // 3
        return reply(request, 403) if far else self.plain(request)

    def expect(self, case: Case) -> Expectation:
        failure = GivesUp((1,), (r"403",), because="the rest is refused", keeps=True)
        return Either(failure) if self.whole_will_do(case) else failure


class NotAuthoritative(OddServer):
    """203 from a proxy that changed a header."""

    parts = 0.6

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "GET" and not request.ranged:
            return reply(request, 203, self.common(), self.data)
        return self.plain(request)


class OddSuccess(OddServer):
    """299."""

    parts = 0.6

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "GET" and not request.ranged:
            return reply(request, 299, self.common(), self.data)
        return self.plain(request)

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"299",), because="nobody knows what 299 means"))


class NoContentForEver(OddServer):
    """204 to every GET of a file that HEAD measured."""

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "GET":
            return reply(request, 204, length=False)
        return self.plain(request)

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1,), (r"204|0 bytes|empty",), because="nothing comes", keeps=True)


class _Informed(OddServer):
    """Interim answers before the real one."""

    interim: ClassVar[bytes]

    def answer(self, request: Request) -> list[Piece]:
        return [self.interim, *self.plain(request)]


class InformedContinue(_Informed):
    """100 Continue, though nobody asked."""

    interim = b"HTTP/1.1 100 Continue\r\n\r\n"


class InformedEarlyHints(_Informed):
    """103 with Link headers (CDNs)."""

    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


class InformedProcessing(_Informed):
    """102 three times, a second apart (WebDAV)."""

    interim = b"HTTP/1.1 102 Processing\r\n\r\n"

    def answer(self, request: Request) -> list[Piece]:
        again: list[Piece] = [self.interim, Wait(1.0)] * 2
        return [*again, *super().answer(request)]
