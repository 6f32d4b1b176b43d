"""Ranges that are not what was asked for. HEAD and a GET without a range are faultless."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import RIGHT, Case, Either, Expectation, GivesUp
from support.odd_servers.wire import End, Header, Piece, Request, reply

NO_RANGES = "the buffer does not hold the file, and no range can be used"
CONTRADICTS = "nothing true says where a slice belongs, and `curl -r` does not look"


class OddRange(OddServer):
    """`ranged` answers a GET with a range."""

    abstract = True

    #: What must be said where the file cannot be fetched without ranges.
    says: ClassVar[tuple[str, ...]] = (r"range",)

    def answer(self, request: Request) -> list[Piece]:
        if not request.ranged:
            return self.plain(request)
        return self.ranged(request, *request.span(self.size))

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        raise NotImplementedError

    def named(self, request: Request, first: int, last: int, said: str) -> list[Piece]:
        """The right bytes under another Content-Range."""
        return self.slice(request, first, last, self.data, said)


class NeedsRanges(OddRange):
    """What can only be had whole: a stream, or a file the buffer holds."""

    abstract = True

    def expect(self, case: Case) -> Expectation:
        if self.whole_will_do(case):
            return RIGHT
        return GivesUp((1,), self.says, because=NO_RANGES)


class RangesMayDo(OddRange):
    """The same, but a host that reads leniently gets it by ranges too, as `curl -r` does."""

    abstract = True

    def expect(self, case: Case) -> Expectation:
        if self.whole_will_do(case):
            return RIGHT
        return Either(GivesUp((1,), self.says, because=CONTRADICTS))


# --- no ranges at all -----------------------------------------------------------------------------


class RangesUnknown(NeedsRanges):
    """Python's http.server and many embedded ones: the whole file, 200, to every range."""

    def common(self) -> list[Header]:
        kind: Header = ("Content-Type", "application/octet-stream")
        return [*self.validators(), kind] if self.odd else super().common()

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return reply(request, 200, self.common(), self.data)


class RangesUnknownNoValidators(RangesUnknown):
    """The same from a server that says nothing about the file but its length."""

    etag = None
    modified = None


class RangesRefusedByName(NeedsRanges):
    """Accept-Ranges: none (nginx `max_ranges 0` with a header, many CMS download scripts)."""

    def common(self) -> list[Header]:
        none: Header = ("Accept-Ranges", "none")
        return [*self.validators(), none] if self.odd else super().common()

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return reply(request, 200, self.common(), self.data)


class RangesPromisedOddly(OddServer):
    """`Accept-Ranges: 0-8257` (media servers); ranges work."""

    def common(self) -> list[Header]:
        said: Header = ("Accept-Ranges", f"0-{self.size}")
        return [*self.validators(), said] if self.odd else super().common()


class RangesPromisedOnly(NeedsRanges):
    """A proxy that drops Range (compression, virus scanning) in front of a server that knows it."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return reply(request, 200, self.common(), self.data)


class _RangeStatus(NeedsRanges):
    """Any Range header is answered with `status`."""

    status: ClassVar[int]

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return reply(request, self.status, [("Content-Type", "text/plain")], b"no")

    def expect(self, case: Case) -> Expectation:
        if self.whole_will_do(case):
            return RIGHT
        return GivesUp((1,), (str(self.status),), because=NO_RANGES)


class RangesBadRequest(_RangeStatus):
    """Web application firewalls after the Apache "range of death"."""

    status = 400


class RangesForbidden(_RangeStatus):
    """Servers that allow no download managers."""

    status = 403


class RangesNotSatisfiable(_RangeStatus):
    """Script handlers of unknown length behind nginx: 416 to every range (field report)."""

    status = 416


class RangesNotSatisfiableWithTotal(_RangeStatus):
    """The same with the length in Content-Range."""

    status = 416

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        said: list[Header] = [*self.common(), ("Content-Range", f"bytes */{self.size}")]
        return reply(request, 416, said)


class RangesCrash(_RangeStatus):
    """A handler that dies of the Range header."""

    status = 500


class RangesNotImplemented(_RangeStatus):
    """Small servers that are honest about it."""

    status = 501


class RangesClosed(NeedsRanges):
    """A firewall that closes connections with a Range header (some carriers' proxies)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return [End.CLOSE]

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1, 3), (r"clos|601|network|range",), because=NO_RANGES))


class RangesInTheMiddleRefused(NeedsRanges):
    """A cache that has only the beginning: 416 to whatever does not start at 0."""

    says = (r"416",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        if first == 0:
            return self.plain(request)
        return reply(request, 416, [("Content-Range", f"bytes */{self.size}")])


class RangesTooLargeRefused(RangesMayDo):
    """CDNs that give at most so much at a time, and refuse more (416)."""

    says = (r"416",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        if last - first >= self.case.chunk // 2:
            return reply(request, 416, [("Content-Range", f"bytes */{self.size}")])
        return self.plain(request)


class RangesOnlyAligned(RangesMayDo):
    """Block stores that give only ranges from a 64 KiB step on."""

    says = (r"416",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.plain(request) if first % 65536 == 0 else reply(request, 416)


class RangesFirstIgnored(OddRange):
    """A CDN with a cold cache (Varnish, CloudFront): the first range is a 200, later ones 206."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        earlier = any(entry.request.ranged for entry in self.log.entries)
        if earlier:
            return self.plain(request)
        return reply(request, 200, self.common(), self.data)


class RangesSometimesIgnored(OddRange):
    """One backend of three does not know ranges."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        if request.number % 3 == 0:
            return reply(request, 200, self.common(), self.data)
        return self.plain(request)


# --- how the slice is called ----------------------------------------------------------------------


class ContentRangeMissing(OddRange):
    """206 without Content-Range (hand-written range code)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.named(request, first, last, "")


class _Named(OddRange):
    """The right bytes under a Content-Range of another form."""

    form: ClassVar[str]

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        said = self.form.format(a=first, b=last, n=self.size)
        return self.named(request, first, last, said)


class ContentRangeEquals(_Named):
    """`bytes=0-9/100`: the form of the request, copied (many PHP scripts)."""

    form = "bytes={a}-{b}/{n}"


class ContentRangeBlanks(_Named):
    """Blanks around the numbers (string formatting by hand)."""

    form = "bytes {a} - {b} / {n}"


class ContentRangeTwoBlanks(_Named):
    """Two blanks after the unit."""

    form = "bytes  {a}-{b}/{n}"


class ContentRangeUpper(_Named):
    """The unit in capitals (servers of some PLCs)."""

    form = "BYTES {a}-{b}/{n}"


class ContentRangeColon(_Named):
    """`bytes: 0-9/100`."""

    form = "bytes: {a}-{b}/{n}"


class ContentRangeWithoutUnit(_Named):
    """`0-9/100` (early drafts, kept in embedded servers)."""

    form = "{a}-{b}/{n}"


class ContentRangeTotalOpen(_Named):
    """`bytes 0-9/*` (RFC 9110 §14.4): a length the range's server does not know."""

    form = "bytes {a}-{b}/*"


class ContentRangeTotalLeftOut(_Named):
    """`bytes 0-9`, no total at all."""

    form = "bytes {a}-{b}"


class ContentRangeTotalMinusOne(_Named):
    """`bytes 0-9/-1`: -1 for a length nobody knows (PHP)."""

    form = "bytes {a}-{b}/-1"


class ContentRangeZeros(_Named):
    """Numbers of fixed width (`%010d`)."""

    form = "bytes {a:010d}-{b:010d}/{n:010d}"


class ContentRangeTotalOpenNoHead(_Named):
    """`bytes 0-9/*`, and HEAD is refused: only a whole GET tells the length."""

    form = "bytes {a}-{b}/*"

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 405) if request.method == "HEAD" else super().answer(request)


class _OpenEnd(_Named):
    """No HEAD, no total, and the file is two parts exactly: the third part is answered 416."""

    form = "bytes {a}-{b}/*"
    parts = 2.0

    def sized(self, case: Case) -> int:
        return 2 * case.chunk

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 405) if request.method == "HEAD" else super().answer(request)


class OpenEndWithTotal(_OpenEnd):
    """That 416 names the length (`*/n`)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        if first >= self.size:
            return reply(request, 416, [("Content-Range", f"bytes */{self.size}")])
        return super().ranged(request, first, last)


class OpenEndWithoutTotal(_OpenEnd):
    """That 416 names nothing."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return reply(request, 416) if first >= self.size else super().ranged(request, first, last)


class ContentRangeLastPlusOne(OddRange):
    """The end as "first byte not in it" (off by one, field report)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.named(request, first, last, f"bytes {first}-{last + 1}/{self.size}")


class ContentRangeOtherTotal(OddRange):
    """A total that is three times the file's (a counter of another unit)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.named(request, first, last, f"bytes {first}-{last}/{self.size * 3}")


class ContentRangeTotalVaries(OddRange):
    """A total that counts what has been sent so far, so each part has another."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.named(request, first, last, f"bytes {first}-{last}/{last + 1 + request.number}")


class ContentRangeGarbage(OddRange):
    """`bytes NaN-NaN/undefined` (JavaScript without a check)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.named(request, first, last, "bytes NaN-NaN/undefined")


class ContentRangeStar(OddRange):
    """`bytes */100` under 206: the form of a 416."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.named(request, first, last, f"bytes */{self.size}")


class ContentRangeEndless(OddRange):
    """A number of 5,000 digits (hostile)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.named(request, first, last, f"bytes {first}-{last}/{'9' * 5000}")


class ContentRangeUnder200(OddRange):
    """The slice and its Content-Range under a status line of 200 (scripts that forget the code)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        named: Header = ("Content-Range", f"bytes {first}-{last}/{self.size}")
        return reply(request, 200, [*self.common(), named], self.data[first : last + 1])
