"""Redirects to signatures that end, and to mirrors by turns."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.expect import RIGHT, Case, Either, Expectation, GivesUp
from support.odd_servers.redirects import REAL, Redirected
from support.odd_servers.validators import MANY_VERSIONS
from support.odd_servers.wire import (
    NOW,
    Header,
    Piece,
    Request,
    reply,
)


class SignedForGet(Redirected):
    """To a store with a signature for GET: HEAD gets 403 there (S3 behind a web application)."""

    location = f"http://cdn.example{REAL}?sig=get"

    def answer(self, request: Request) -> list[Piece]:
        if request.path == REAL and request.method == "HEAD":
            return reply(request, 403)
        return super().answer(request)


class SignedPerRequest(Redirected):
    """Each request is sent to a new signature, which is good for two uses (GitHub releases)."""

    uses: ClassVar[int] = 2

    def redirect(self, request: Request) -> list[Piece]:
        there = f"http://cdn.example{REAL}?sig={request.number}"
        return reply(request, 302, [("Location", there)])

    def answer(self, request: Request) -> list[Piece]:
        if request.path == REAL:
            used = [e for e in self.log.entries if e.request.query == request.query]
            if len(used) >= self.uses:
                return reply(request, 403, [("Content-Type", "application/xml")], b"<Error/>")
        return super().answer(request)


class SignedOnce(SignedPerRequest):
    """The same, good for a single use."""

    uses = 1


class SignedForATime(SignedPerRequest):
    """The same, good for a quarter of a second."""

    def answer(self, request: Request) -> list[Piece]:
        if request.path == REAL:
            made = [e for e in self.log.entries if f"sig={e.request.number}" == request.query]
            if made and request.at - made[0].request.at > 0.25:
                return reply(request, 403, [("Content-Type", "application/xml")], b"<Error/>")
            return self.plain(request)
        return super().answer(request)


class _Mirrors(Redirected):
    """By turns to several mirrors."""

    mirrors: ClassVar[tuple[str, ...]] = ("files.example", "cdn.example", "portal.example")

    def redirect(self, request: Request) -> list[Piece]:
        asked = [e for e in self.log.entries if e.request.path == self.path]
        host = self.mirrors[len(asked) % len(self.mirrors)]
        return reply(request, 302, [("Location", f"http://{host}{REAL}")])


class MirrorsEqual(_Mirrors):
    """Mirrors that agree in everything."""


class MirrorsDifferInEtag(_Mirrors):
    """Each mirror has ETags of its own (MirrorBrain, most Linux distributions)."""

    modified = None

    def answer(self, request: Request) -> list[Piece]:
        self.host = request.host if self.odd else "files.example"
        return super().answer(request)

    def validators(self) -> list[Header]:
        return [("Date", NOW), ("ETag", f'"{getattr(self, "host", "files.example")}"')]

    def holds_condition(self, request: Request) -> bool:
        return request.headers.get("if-range") in (None, f'"{request.host}"')

    def expect(self, case: Case) -> Expectation:
        return RIGHT if case.sha256 else Either(MANY_VERSIONS)


class MirrorRefuses(_Mirrors):
    """One mirror of three is down."""

    mirrors = ("files.example", "cdn.example", "refusing.example")


class MirrorUnknown(_Mirrors):
    """One mirror of three has lost its name."""

    mirrors = ("files.example", "cdn.example", "nowhere.example")


class MirrorLacksTheFile(_Mirrors):
    """One mirror of three has not got the file yet: 404 from there."""

    def answer(self, request: Request) -> list[Piece]:
        if request.host == "portal.example":
            return reply(request, 404)
        return super().answer(request)

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"404",), because="404 is an answer"))
