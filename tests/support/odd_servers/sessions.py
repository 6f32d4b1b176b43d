"""Something else comes in place of the file: portals, ended sessions, error pages as 200."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import Case, Either, Expectation, GivesUp
from support.odd_servers.wire import Piece, Request, page, reply

#: What a sentence about another thing names: its type, its length, or that it is another.
ANOTHER = r"text/html|another|612|instead|changed"

OTHER_THING = GivesUp((1,), (ANOTHER,), because="the server gives another thing", keeps=True)


class _Session(OddServer):
    """A page of 612 bytes where `ended` says so."""

    def answer(self, request: Request) -> list[Piece]:
        return self.other(request) if self.ended(request) else self.plain(request)

    def ended(self, request: Request) -> bool:
        raise NotImplementedError

    def other(self, request: Request) -> list[Piece]:
        return page(request)

    def expect(self, case: Case) -> Expectation:
        return Either(OTHER_THING)


class PortalForEveryGet(_Session):
    """HEAD is let through, GET is not: hotel and train networks with a transparent proxy."""

    def ended(self, request: Request) -> bool:
        return request.method == "GET"

    def expect(self, case: Case) -> Expectation:
        return OTHER_THING


class PortalForEveryGetNoLength(PortalForEveryGet):
    """The same in chunks, without a length."""

    def other(self, request: Request) -> list[Piece]:
        body = b"<html>Sign in to the network</html>"
        coded = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        kind = [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]
        return reply(request, 200, kind, coded, length=False)


class PortalOnce(_Session):
    """Only the first GET gets the page; the portal then lets the address through."""

    def ended(self, request: Request) -> bool:
        return request.method == "GET" and not any(
            entry.request.method == "GET" for entry in self.log.entries
        )


class PortalForEverything(_Session):
    """HEAD too gets the page. Fresh, that page is what the URL stands for."""

    def ended(self, request: Request) -> bool:
        return True

    @classmethod
    def applies(cls, case: Case) -> bool:
        return case.start == "resumed"

    def expect(self, case: Case) -> Expectation:
        return OTHER_THING


class PortalByRedirect(PortalForEverything):
    """The same by 302 to the portal's own host."""

    def answer(self, request: Request) -> list[Piece]:
        if request.path == "/login":
            return page(request)
        return reply(request, 302, [("Location", "http://portal.example/login")])

    def expect(self, case: Case) -> Expectation:
        says = (f"{ANOTHER}|redirect|portal|login",)
        return GivesUp((1,), says, because=OTHER_THING.because, keeps=True)


class PortalWithoutHead(_Session):
    """HEAD is refused and every GET gets the page: what is on disk, or the hash, contradicts."""

    def ended(self, request: Request) -> bool:
        return True

    def other(self, request: Request) -> list[Piece]:
        return reply(request, 405) if request.method == "HEAD" else page(request)

    @classmethod
    def applies(cls, case: Case) -> bool:
        return case.start == "resumed" or case.sha256

    def expect(self, case: Case) -> Expectation:
        if case.start == "resumed":
            return GivesUp((1, 5), (f"{ANOTHER}|SHA-256",), because=OTHER_THING.because)
        return GivesUp((1, 5), (r"SHA-256|text/html",), because=OTHER_THING.because)


class SessionEndsInTheMiddle(_Session):
    """A login that runs out: parts after the first third get the login page as 200."""

    def ended(self, request: Request) -> bool:
        return request.ranged and request.span(self.size)[0] > self.size // 3

    def expect(self, case: Case) -> Expectation:
        if self.whole_will_do(case):
            return Either(OTHER_THING)
        return OTHER_THING


class SessionEndsAtTheLast(SessionEndsInTheMiddle):
    """The same, for the last part only."""

    def ended(self, request: Request) -> bool:
        return request.ranged and request.span(self.size)[1] == self.size - 1


class SessionEndsAsText(SessionEndsInTheMiddle):
    """An API gateway: 200, application/json, {"error": ...}."""

    def other(self, request: Request) -> list[Piece]:
        body = b'{"error":"token expired","code":40102}'
        return reply(request, 200, [("Content-Type", "application/json")], body)

    def expect(self, case: Case) -> Expectation:
        says = (r"json|another|instead|changed|\b38\b",)
        failure = GivesUp((1,), says, because=OTHER_THING.because, keeps=True)
        return Either(failure) if self.whole_will_do(case) else failure


class SessionEndsUntyped(SessionEndsInTheMiddle):
    """A page of a few bytes and no type at all."""

    def other(self, request: Request) -> list[Piece]:
        return reply(request, 200, [], b"login required")

    def expect(self, case: Case) -> Expectation:
        says = (r"another|instead|changed|\b14\b",)
        failure = GivesUp((1,), says, because=OTHER_THING.because, keeps=True)
        return Either(failure) if self.whole_will_do(case) else failure


class SessionEndsAsOctets(SessionEndsInTheMiddle):
    """Fifty bytes of the file's own type (a tracking pixel, an encrypted error)."""

    def other(self, request: Request) -> list[Piece]:
        kind = [("Content-Type", "application/octet-stream")]
        return reply(request, 200, kind, bytes(50))

    def expect(self, case: Case) -> Expectation:
        says = (r"another|instead|changed|\b50\b",)
        failure = GivesUp((1,), says, because=OTHER_THING.because, keeps=True)
        return Either(failure) if self.whole_will_do(case) else failure


class SessionEndsWithSameLength(SessionEndsInTheMiddle):
    """The page is as long as the part that was asked for."""

    def other(self, request: Request) -> list[Piece]:
        first, last = request.span(self.size)
        return page(request, 200, last - first + 1)

    def expect(self, case: Case) -> Expectation:
        says = (r"text/html|another|instead|changed",)
        failure = GivesUp((1,), says, because=OTHER_THING.because, keeps=True)
        return Either(failure) if self.whole_will_do(case) else failure


class SessionEndsAs206(SessionEndsInTheMiddle):
    """A login page that the range filter of the front server slices: 206, its own small total."""

    def other(self, request: Request) -> list[Piece]:
        first, last = request.span(self.size)
        said = [
            ("Content-Type", "text/html"),
            ("Content-Range", f"bytes {first}-{last}/{last + 1}"),
        ]
        return reply(request, 206, said, b"x" * (last - first + 1))

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (f"{ANOTHER}|length|total",), because=OTHER_THING.because))


class SessionEndsByRedirect(SessionEndsInTheMiddle):
    """302 to the login page of another host, which is a 200."""

    def answer(self, request: Request) -> list[Piece]:
        return page(request) if request.path == "/login" else super().answer(request)

    def other(self, request: Request) -> list[Piece]:
        return reply(request, 302, [("Location", "http://portal.example/login?next=f")])

    def expect(self, case: Case) -> Expectation:
        says = (f"{ANOTHER}|redirect|portal|login",)
        failure = GivesUp((1,), says, because=OTHER_THING.because, keeps=True)
        return Either(failure) if self.whole_will_do(case) else failure


class SessionEndsForGood(_Session):
    """From the fourth request on, HEAD, ranges and plain GETs all get the page."""

    def ended(self, request: Request) -> bool:
        return request.number >= 4

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (ANOTHER,), because=OTHER_THING.because))


class ErrorPageOfRightLength(_Session):
    """A "please wait" page, padded to the length of the file, under 200 (a cache poisoned so)."""

    def ended(self, request: Request) -> bool:
        return request.method == "GET"

    def other(self, request: Request) -> list[Piece]:
        return page(request, 200, self.size)

    def expect(self, case: Case) -> Expectation:
        says = (r"text/html|another|instead|SHA-256|changed",)
        return GivesUp((1, 5), says, because=OTHER_THING.because)


class QueueOnce(_Session):
    """A waiting room (Queue-it, Cloudflare): the page as 200 to two requests, then the file."""

    def ended(self, request: Request) -> bool:
        return request.method == "GET" and request.number in (2, 3)


# --- counted --------------------------------------------------------------------------------------


class _Counted(OddServer):
    """Refuses by how often it was asked."""

    parts: ClassVar[float] = 12.3


class BlockedAfterTen(_Counted):
    """Counts requests and answers 403 to all after the tenth (fail2ban in front of a file)."""

    def answer(self, request: Request) -> list[Piece]:
        if request.number > 10:
            return reply(request, 403, [("Content-Type", "text/plain")], b"blocked")
        return self.plain(request)

    def expect(self, case: Case) -> Expectation:
        failure = GivesUp((1,), (r"403",), because="a part is a request each", keeps=True)
        return Either(failure) if self.whole_will_do(case) or case.start != "fresh" else failure


class RequestsPerMinute(_Counted):
    """Five requests a minute, then 429 with Retry-After (API gateways, GitHub)."""

    give_up = 200.0
    longest = 1200.0

    def answer(self, request: Request) -> list[Piece]:
        accepted = [e.request.at for e in self.log.entries if e.status != 429]
        recent = [at for at in accepted if request.at - at < 60]
        if len(recent) >= 5:
            wait = int(60 - (request.at - recent[0])) + 1
            return reply(request, 429, [("Retry-After", wait)])
        return self.plain(request)


class RequestsPerTenSeconds(_Counted):
    """Three requests in ten seconds, then 429 and no word of when."""

    give_up = 120.0
    longest = 1200.0

    def answer(self, request: Request) -> list[Piece]:
        accepted = [e.request.at for e in self.log.entries if e.status != 429]
        if len([at for at in accepted if request.at - at < 10]) >= 3:
            return reply(request, 429)
        return self.plain(request)


class UrlUsedUp(OddServer):
    """A link for three uses; afterwards 410."""

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 410) if request.number > 3 else self.plain(request)

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"410",), because="a part is a request each"))


class UrlExpires(OddServer):
    """A signature that is good for ten seconds, over a link that takes longer: 403."""

    def answer(self, request: Request) -> list[Piece]:
        first = self.log.times()[0] if self.log.entries else request.at
        if request.at - first > 0.2:
            return reply(request, 403, [("Content-Type", "application/xml")], b"<Error/>")
        return self.plain(request)

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"403",), because="a part is a request each"))
