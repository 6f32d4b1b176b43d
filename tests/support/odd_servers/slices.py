"""Slices that are not those asked for, and odd ways to carry them."""

from __future__ import annotations

from support.odd_servers.base import OddServer
from support.odd_servers.expect import Case, Either, Expectation, GivesUp
from support.odd_servers.ranges import NO_RANGES, NeedsRanges, OddRange, RangesMayDo
from support.odd_servers.wire import End, Header, Piece, Request, reply


class SliceShorter(OddRange):
    """At most four tenths of a part at a time (CDNs with a cap per range)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        cap = int(self.case.chunk * 0.4)
        return self.slice(request, first, min(last, first + cap - 1), self.data)


class SliceCapped(OddRange):
    """At most 100,000 bytes at a time."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, first, min(last, first + 99_999), self.data)


class SliceToTheEnd(OddRange):
    """The end of the range is not read: everything from its first byte on."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, first, self.size - 1, self.data)


class SliceIsWhole(NeedsRanges):
    """206 with the whole file, and a Content-Range that says so (field report)."""

    says = (r"range|bytes",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, 0, self.size - 1, self.data)


class SliceFromBlock(RangesMayDo):
    """From the 64 KiB step in front of the first byte on (field report)."""

    says = (r"range|bytes",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, first - first % 65536, last, self.data)


class SliceOverlaps(OddRange):
    """Sixteen bytes earlier than asked (a cache that reads whole cipher blocks)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, max(0, first - 16), last, self.data)


class SliceOneLater(NeedsRanges):
    """One byte later than asked for, and it says so (counting from 1)."""

    says = (r"range|bytes",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, first + 1, min(last + 1, self.size - 1), self.data)


class SliceOfOtherPlace(NeedsRanges):
    """Always the first slice (a cache that leaves the range out of its key)."""

    says = (r"range|bytes",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, 0, last - first, self.data)


class SliceOneLonger(OddRange):
    """One byte more than asked for, and it says so."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        return self.slice(request, first, min(last + 1, self.size - 1), self.data)


class SliceEmpty(NeedsRanges):
    """206 with nothing in it."""

    says = (r"range|bytes|empty",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        said: Header = ("Content-Range", f"bytes {first}-{last}/{self.size}")
        return reply(request, 206, [*self.common(), said])


class SliceLies(OddRange):
    """The right Content-Range over other bytes: only a hash tells."""

    @classmethod
    def applies(cls, case: Case) -> bool:
        return case.sha256

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        wrong = self.data[first : last + 1][::-1]
        said: Header = ("Content-Range", f"bytes {first}-{last}/{self.size}")
        return reply(request, 206, [*self.common(), said], wrong)

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((5,), (r"SHA-256",), because="the server lies"))


class SliceInMultipart(NeedsRanges):
    """multipart/byteranges to a single range (some object stores)."""

    says = (r"range|multipart|bytes",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        head = f"--x\r\nContent-Range: bytes {first}-{last}/{self.size}\r\n\r\n".encode()
        body = head + self.data[first : last + 1] + b"\r\n--x--\r\n"
        kind: Header = ("Content-Type", "multipart/byteranges; boundary=x")
        return reply(request, 206, [*self.validators(), kind], body)


class PartialToPlainGet(OddServer):
    """206 and a Content-Range of everything to a GET without a range (PHP download scripts)."""

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "GET" and not request.ranged:
            return self.slice(request, 0, self.size - 1, self.data)
        return self.plain(request)


class BeyondTheEndRefused(OddRange):
    """416 when the last byte asked for lies after the end, and no HEAD that would tell it."""

    parts = 0.6

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 405) if request.method == "HEAD" else super().answer(request)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        asked = int(request.headers["range"].rpartition("-")[2] or 0)
        return reply(request, 416) if asked >= self.size else self.plain(request)


class SliceChunked(OddRange):
    """206 in chunked coding (proxies that rewrite)."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        said: list[Header] = [("Content-Range", f"bytes {first}-{last}/{self.size}")]
        said += [*self.common(), ("Transfer-Encoding", "chunked")]
        part = self.data[first : last + 1]
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(part), part)
        return reply(request, 206, said, body, length=False)


class SliceClosed(OddRange):
    """206 without a length, ended by closing."""

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        said: list[Header] = [("Content-Range", f"bytes {first}-{last}/{self.size}")]
        part = self.data[first : last + 1]
        return reply(request, 206, [*self.common(), *said], part, length=False, end=End.CLOSE)


class SliceLengthOfWhole(NeedsRanges):
    """Content-Length of the whole file, the slice, and closed: broken everywhere, curl too."""

    says = (r"clos|601|network|range|bytes",)

    def ranged(self, request: Request, first: int, last: int) -> list[Piece]:
        said: list[Header] = [("Content-Range", f"bytes {first}-{last}/{self.size}")]
        said += [*self.common(), ("Content-Length", self.size)]
        return reply(request, 206, said, self.data[first : last + 1], end=End.CLOSE)

    def expect(self, case: Case) -> Expectation:
        # Nothing tells it from a network that breaks.
        return Either(GivesUp((1, 3), self.says, because=NO_RANGES))
