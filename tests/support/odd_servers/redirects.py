"""The file is somewhere else."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import Case, Either, Expectation, GivesUp
from support.odd_servers.wire import Piece, Request, page, reply

REAL = "/files/v1/firmware.bin"


class Redirected(OddServer):
    """`path` leads to `location`, where the file is."""

    abstract = True

    places: ClassVar[tuple[str, ...]] = (REAL,)
    status: ClassVar[int] = 302
    location: ClassVar[str] = REAL

    def answer(self, request: Request) -> list[Piece]:
        if request.path == self.path and not self.arrived(request):
            return self.redirect(request)
        return self.plain(request)

    def arrived(self, request: Request) -> bool:
        """Whether a request for `path` is answered with the file all the same."""
        return False

    def redirect(self, request: Request) -> list[Piece]:
        said = [("Location", self.location), ("Content-Type", "text/html")]
        return reply(request, self.status, said, b"<a href='there'>Found</a>")


class RedirectPath(Redirected):
    """302 with an absolute path (most web servers)."""


class RedirectMoved(Redirected):
    """301."""

    status = 301


class RedirectSeeOther(Redirected):
    """303."""

    status = 303


class RedirectTemporary(Redirected):
    """307."""

    status = 307


class RedirectPermanent(Redirected):
    """308."""

    status = 308


class RedirectAbsolute(Redirected):
    """A whole URL of the same host."""

    location = f"http://files.example{REAL}"


class RedirectOtherHost(Redirected):
    """To a CDN."""

    location = f"http://cdn.example{REAL}"


class RedirectOtherHostHidden(Redirected):
    """Without a scheme: `//cdn.example/...`."""

    location = f"//cdn.example{REAL}"


class RedirectRelative(Redirected):
    """Relative to the directory."""

    location = "files/v1/firmware.bin"


class RedirectDots(Redirected):
    """With dot segments."""

    location = "x/../files/./v1/firmware.bin"


class RedirectQuery(Redirected):
    """To the same path with a query."""

    location = "?real=1"

    def arrived(self, request: Request) -> bool:
        return request.query == "real=1"


class RedirectFragment(Redirected):
    """With a fragment, which is not sent."""

    location = f"{REAL}#top"

    def check(self) -> str | None:
        sent = [e for e in self.log.entries if "#" in e.request.target]
        return "the fragment was sent" if sent else None


class RedirectPortNamed(Redirected):
    """With the port that goes without saying."""

    location = f"http://cdn.example:80{REAL}"


class RedirectLong(Redirected):
    """A signed URL of 1,200 characters: no HTTPPARA holds it (S3, GitHub releases)."""

    location = f"http://cdn.example{REAL}?X-Amz-Signature={'a1' * 590}"


class RedirectWithoutLength(Redirected):
    """A 302 without length, on a connection that stays open: its body never ends."""

    def redirect(self, request: Request) -> list[Piece]:
        return reply(request, 302, [("Location", self.location)], b"Found", length=False)


class RedirectGetOnly(Redirected):
    """HEAD is answered in place, GET is sent on (WordPress download counters)."""

    def arrived(self, request: Request) -> bool:
        return request.method == "HEAD"


class RedirectHeadOnly(Redirected):
    """HEAD is sent on, GET is answered in place."""

    def arrived(self, request: Request) -> bool:
        return request.method == "GET"


class RedirectRangesOnly(Redirected):
    """Ranges are sent to a server that does them."""

    def arrived(self, request: Request) -> bool:
        return not request.ranged


class RedirectToItselfOnce(Redirected):
    """The first request is sent to the same URL again (a cache that warms up)."""

    location = "/firmware.bin"

    def arrived(self, request: Request) -> bool:
        return request.number > 1


class RedirectLater(Redirected):
    """The file moves in the middle of the download."""

    location = f"http://cdn.example{REAL}"

    def arrived(self, request: Request) -> bool:
        return request.number < 4


class _Chain(Redirected):
    """Hop after hop."""

    hops: ClassVar[int]

    def redirect(self, request: Request) -> list[Piece]:
        hop = int(request.query or 0) + 1
        there = REAL if hop == self.hops else f"{self.path}?{hop}"
        return reply(request, 302, [("Location", there)])


class RedirectFive(_Chain):
    """Five hops, what a module follows."""

    hops = 5


class RedirectNine(_Chain):
    """Nine hops (tracking, HTTPS, www, country, CDN)."""

    hops = 9

    def expect(self, case: Case) -> Expectation:
        because = "a module follows five (docs/spec/http.md §6)"
        return Either(GivesUp((1,), (r"30\d|redirect",), because=because))


class _Nowhere(Redirected):
    """A redirect that leads to no file."""

    says: ClassVar[tuple[str, ...]] = (r"30\d|redirect",)
    codes: ClassVar[tuple[int, ...]] = (1,)

    def expect(self, case: Case) -> Expectation:
        return GivesUp(self.codes, self.says, because="it leads nowhere")


class RedirectLoop(_Nowhere):
    """To itself, for ever (a cookie that never comes back)."""

    location = "/firmware.bin"


class RedirectPingPong(_Nowhere):
    """Between two URLs (http to https and back, behind a bad proxy)."""

    def answer(self, request: Request) -> list[Piece]:
        there = "/b" if request.path == self.path else self.path
        return reply(request, 301, [("Location", there)])


class RedirectWithoutLocation(_Nowhere):
    """302 and no Location."""

    def redirect(self, request: Request) -> list[Piece]:
        return reply(request, 302)


class RedirectOtherScheme(_Nowhere):
    """To FTP."""

    location = "ftp://files.example/firmware.bin"


class RedirectScript(_Nowhere):
    """To a script, as an ad network would."""

    location = "javascript:alert(1)"


class RedirectUnknownHost(_Nowhere):
    """To a name nobody has."""

    location = "http://nowhere.example/firmware.bin"
    codes = (1, 3)
    says = (r"host name|DNS|resolve|603",)


class RedirectRefused(_Nowhere):
    """To a host that refuses connections."""

    location = "http://refusing.example/firmware.bin"
    codes = (1, 3)
    says = (r"reach|refus|network|601",)


class RedirectToMissing(_Nowhere):
    """To a place where nothing is."""

    location = "/gone"
    says = (r"404",)


class RedirectToPage(_Nowhere):
    """GET alone ends on a page: HEAD said otherwise (a sign-in wall)."""

    codes = (1, 5)
    says = (r"text/html|another|instead|SHA-256|612|redirect|changed",)

    def answer(self, request: Request) -> list[Piece]:
        if request.path == "/signin":
            return page(request)
        return self.plain(request) if request.method == "HEAD" else self.redirect(request)

    location = "http://portal.example/signin"
