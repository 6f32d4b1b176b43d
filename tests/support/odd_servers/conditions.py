"""Odd dates, and If-Range as servers really do it."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import RIGHT, Case, Either, Expectation, GivesUp
from support.odd_servers.validators import MANY_VERSIONS
from support.odd_servers.wire import (
    NOW,
    Header,
    Piece,
    Request,
    content,
    reply,
)


class ModifiedInTheFuture(OddServer):
    """A server whose clock was wrong when the file came."""

    etag = None
    modified = "Fri, 08 Jan 2038 08:29:29 GMT"


class ModifiedJustNow(OddServer):
    """Changed in the very second of the answer: no strong date."""

    etag = None
    modified = NOW


class ModifiedWithoutDate(OddServer):
    """No Date header, so nobody knows whether Last-Modified is strong (devices without a clock)."""

    etag = None

    def validators(self) -> list[Header]:
        return [("Last-Modified", self.modified or "")]


class ModifiedNoDate(OddServer):
    """`Last-Modified: yesterday`."""

    etag = None
    modified = "yesterday"


class ModifiedOverflows(OddServer):
    """A year beyond a C int (hostile)."""

    etag = None
    modified = "Thu, 01 Jan 99999999999 00:00:00 GMT"


class ModifiedZoneOverflows(OddServer):
    """A zone beyond a C int (hostile)."""

    etag = None
    modified = "Thu, 01 Jan 2026 00:00:00 +99999999999999"


class ModifiedOldForm(OddServer):
    """The dates of RFC 850."""

    etag = None
    modified = "Wednesday, 08-Jan-20 08:29:29 GMT"


class ModifiedYearOne(OddServer):
    """A date before all clocks, with a zone (hostile)."""

    etag = None
    modified = "Mon, 01 Jan 0001 00:00:00 +2359"


class _Condition(OddServer):
    """Something else than RFC 9110 §13.1.5 happens where If-Range is sent."""

    def answer(self, request: Request) -> list[Piece]:
        return self.conditional(request) if "if-range" in request.headers else self.plain(request)

    def conditional(self, request: Request) -> list[Piece]:
        raise NotImplementedError


class IfRangeIgnored(_Condition):
    """A range is a range, whatever the condition (small servers)."""

    def conditional(self, request: Request) -> list[Piece]:
        return self.slice(request, *request.span(self.size), self.data)


class IfRangeNeverAgrees(_Condition):
    """Always the whole file (proxies that compare with their own, rewritten ETag)."""

    def conditional(self, request: Request) -> list[Piece]:
        return reply(request, 200, self.common(), self.data)


class _ConditionStatus(_Condition):
    status: ClassVar[int]

    def conditional(self, request: Request) -> list[Piece]:
        return reply(request, self.status, self.common())


class IfRangePreconditionFailed(_ConditionStatus):
    """412, as if it were If-Match."""

    status = 412


class IfRangeBadRequest(_ConditionStatus):
    """A firewall that does not know the header."""

    status = 400


class IfRangeNotSatisfiable(_ConditionStatus):
    """416 where the condition is there at all."""

    status = 416


class IfRangeUnchanged(_ConditionStatus):
    """304, as if it were If-None-Match."""

    status = 304


class RangeEtagDiffers(OddServer):
    """206 with an ETag of its own (a suffix for the slice), HEAD and 200 with the file's."""

    def answer(self, request: Request) -> list[Piece]:
        if not request.ranged:
            return self.plain(request)
        first, last = request.span(self.size)
        said: list[Header] = [("ETag", f'"v1-AbC;{first}"')]
        said.append(("Content-Range", f"bytes {first}-{last}/{self.size}"))
        return reply(request, 206, said, self.data[first : last + 1])

    def expect(self, case: Case) -> Expectation:
        if case.sha256 or self.whole_will_do(case):
            return RIGHT if case.sha256 else Either(MANY_VERSIONS)
        return Either(MANY_VERSIONS)


class OtherHashPromised(OddServer):
    """A file that is another than the hash says: faultless server, wrong promise."""

    settles = False

    @classmethod
    def applies(cls, case: Case) -> bool:
        return case.sha256

    def truths(self) -> list[bytes]:
        return [content(self.size, 99)]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((5,), (r"SHA-256",), because="it is not that file")
