"""Connections that break, stall, trickle, or carry no HTTP at all."""

from __future__ import annotations

from typing import ClassVar

from atwin.models import load_profile
from support.odd_servers.base import OddServer
from support.odd_servers.bodies import BROKEN, Carried, WholeOnly, without_length
from support.odd_servers.expect import RIGHT, Case, Either, Expectation, GivesUp
from support.odd_servers.ranges import NO_RANGES
from support.odd_servers.wire import End, Forever, Header, Piece, Request, Wait, in_pieces, reply


class _CutNth(Carried):
    """The second GET breaks after four tenths of its body."""

    end_of_cut: ClassVar[End] = End.CLOSE

    def cut(self, request: Request) -> bool:
        return len(self.log.times("GET")) == 1

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        if self.cut(request):
            return [head, body[: len(body) * 4 // 10], self.end_of_cut]
        return [head, body]


class CutOnce(_CutNth):
    """Closed early."""


class ResetOnce(_CutNth):
    """Reset (a firewall that lost its state)."""

    end_of_cut = End.RESET


class StallsOnce(_CutNth):
    """Nothing more comes, once (a radio hole)."""

    end_of_cut = End.SILENCE
    give_up = 60.0


class CutEveryThird(_CutNth):
    """Every third answer breaks."""

    def cut(self, request: Request) -> bool:
        return request.number % 3 == 0


class CutAlways(_CutNth):
    """Every answer breaks after four tenths: what is kept decides."""

    def cut(self, request: Request) -> bool:
        return True

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1, 3), (BROKEN,), because="a part never comes whole"))


class CutBehindTwoThousand(Carried):
    """Every answer breaks after 2,000 bytes (a proxy with a tiny limit)."""

    parts = 2.3

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        return [head, body] if len(body) <= 2000 else [head, body[:2000], End.CLOSE]

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1, 3), (BROKEN,), because="a part never comes whole"))


class StallsAtOnePlace(Carried):
    """Nothing comes across the middle of the file (a bad disk block)."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        first, last = request.span(self.size)
        bad = self.size // 2
        if first <= bad <= last:
            return [head, body[: bad - first], End.SILENCE]
        return [head, body]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1, 3), (BROKEN,), because="those bytes never come")


class CutAndUnannounced(WholeOnly):
    """No length in GET, closed early, once; HEAD knows the length."""

    def answer(self, request: Request) -> list[Piece]:
        return self.plain(request) if request.method == "HEAD" else self.whole(request)

    def whole(self, request: Request) -> list[Piece]:
        early = self.data[: self.size * 4 // 10] if not self.log.times("GET") else self.data
        return reply(request, 200, self.common(), early, length=False, end=End.CLOSE)

    def expect(self, case: Case) -> Expectation:
        if self.whole_will_do(case):
            return Either(GivesUp((1, 3), (r"bytes|cut|length",), because="it came short"))
        return Either(GivesUp((1, 3), (r"range|fit|bytes",), because=NO_RANGES))


class LengthTooLong(Carried):
    """A GET of the whole promises 100 bytes more than come; ranges are right."""

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        if request.ranged:
            return [head, body]
        longer = without_length(head, b"Content-Length: %d" % (len(body) + 100))
        return [longer, body, End.CLOSE]

    def expect(self, case: Case) -> Expectation:
        if case.strategy == "range":
            return RIGHT
        return Either(GivesUp((1, 3), (BROKEN,), because="the body is cut for every client"))


class AnswersSlowly(OddServer):
    """Three seconds before each answer, less than a request may take."""

    def answer(self, request: Request) -> list[Piece]:
        return [Wait(3.0), *self.plain(request)]


class AnswersTooSlowly(OddServer):
    """Eight seconds before each answer, more than a request may take."""

    def answer(self, request: Request) -> list[Piece]:
        return [Wait(8.0), *self.plain(request)]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((3,), (r"time|408",), because="--timeout is shorter")


class TricklesByParts(Carried):
    """So slow that a whole part takes eight seconds where a request may take five."""

    give_up = 120.0
    longest = 900.0

    def carry(self, request: Request, head: bytes, body: bytes) -> list[Piece]:
        seconds = 8.0 * len(body) / self.case.chunk
        pieces = max(2, round(seconds / 0.5))
        return [head, *in_pieces(body, pieces, seconds / pieces)]

    def expect(self, case: Case) -> Expectation:
        if case.small or load_profile(case.model).limit("http_buffer") <= 4096:
            # Parts below 2 KiB are not asked for.
            return Either(GivesUp((3,), (r"time|408",), because="the part cannot be smaller"))
        return RIGHT


class SilentForEver(OddServer):
    """Accepts, and never says a word (a dead process behind a live kernel)."""

    give_up = 30.0

    def answer(self, request: Request) -> list[Piece]:
        return [End.SILENCE]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((3,), (r"time|408|answer",), because="it never answers")


class ClosesForEver(OddServer):
    """Accepts and closes (a port forward to nothing)."""

    def answer(self, request: Request) -> list[Piece]:
        return [End.CLOSE]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((3,), (r"601|clos|network|reach",), because="it never answers")


class NoHttpForEver(OddServer):
    """Another protocol on that port (an SSH banner)."""

    def answer(self, request: Request) -> list[Piece]:
        return [b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", End.CLOSE]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1, 3), (r"600|HTTP",), because="it is no HTTP")


class HtmlWithoutHead(OddServer):
    """HTTP/0.9: the page and nothing else."""

    def answer(self, request: Request) -> list[Piece]:
        return [b"<html>hello</html>", End.CLOSE]

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1, 3), (r"600|HTTP",), because="it is no HTTP")


class NoHttpOnce(OddServer):
    """The first GET gets rubbish (a connection mixed up by a proxy)."""

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "GET" and not self.log.times("GET"):
            return [b"\x15\x03\x01\x00\x02\x02\x46", End.CLOSE]
        return self.plain(request)


class ChunkNegative(OddServer):
    """A chunk size of -5 (hostile)."""

    def answer(self, request: Request) -> list[Piece]:
        if request.method == "HEAD":
            return self.plain(request)
        said: list[Header] = [("Transfer-Encoding", "chunked")]
        return reply(request, 200, said, b"-5\r\nhello\r\n0\r\n\r\n", length=False, end=End.CLOSE)

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1, 3), (r"601|clos|network|broke|range|chunk",), because="no such coding")


class Endless(OddServer):
    """A body without end (a camera), no ranges, no length."""

    def answer(self, request: Request) -> list[Piece]:
        kind: list[Header] = [("Content-Type", "video/mp2t")]
        if request.method == "HEAD":
            return reply(request, 200, kind, length=False)
        return [*reply(request, 200, kind, length=False), Forever(self.data[:2000], 0.02)]

    @classmethod
    def applies(cls, case: Case) -> bool:
        # A stream of it goes on for ever, and that is right as long as nobody sets a bound.
        return not case.may_stream and case.start != "resumed"

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1, 3), (r"fit|range|length|time|408",), because="it has no end")
