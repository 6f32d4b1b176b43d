"""ETag, Last-Modified and If-Range as servers really use them; the bytes are always the same."""

from __future__ import annotations

from support.odd_servers.base import OddServer
from support.odd_servers.expect import RIGHT, Case, Either, Expectation, GivesUp
from support.odd_servers.wire import NOW, Header, Piece, Request, reply

MANY_VERSIONS = GivesUp(
    (1,),
    (r"ETag|Last-Modified|version|differ",),
    never=(r"kept changing",),
    because="without a hash nothing says that both are the same bytes",
)


class NoValidators(OddServer):
    """Scripts that only send a length."""

    etag = None
    modified = None


class NoValidatorsNoHead(OddServer):
    """The same, and HEAD is refused."""

    etag = None
    modified = None

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 405) if request.method == "HEAD" else self.plain(request)


class EtagOnly(OddServer):
    """Object stores that show no date."""

    modified = None


class ModifiedOnly(OddServer):
    """Servers without ETags (thttpd, python http.server)."""

    etag = None


class EtagWeak(OddServer):
    """A weak ETag on everything: If-Range with it never agrees (RFC 9110 §13.1.5)."""

    etag = 'W/"v1"'

    def holds_condition(self, request: Request) -> bool:
        return request.headers.get("if-range") in (None, self.modified)


class EtagWeakOnly(EtagWeak):
    """The same without a date."""

    modified = None


class EtagUnquoted(OddServer):
    """An ETag without its quotes (Java servlets, some CDNs)."""

    etag = "5d8c72a5edda8"


class EtagEmpty(OddServer):
    """`ETag:` and nothing after it."""

    etag = ""


class EtagEmptyQuotes(OddServer):
    """`ETag: ""`."""

    etag = '""'


class EtagLong(OddServer):
    """An ETag of 600 characters: no USERDATA holds it."""

    etag = '"' + "x" * 600 + '"'


class EtagWithBackslashes(OddServer):
    r"""Backslash, r, backslash, n in letters inside an ETag: header lines through USERDATA."""

    etag = '"a\\r\\nX-Evil: 1\\22"'

    def check(self) -> str | None:
        evil = [e for e in self.log.entries if "x-evil" in e.request.headers]
        return "the ETag became a header line of its own" if evil else None


class EtagWithCommands(OddServer):
    """An ETag that would be AT commands, were it not quoted well (hostile)."""

    etag = '"x;AT+CFUN=0;+CPOWD=1"'


class EtagLatin(OddServer):
    """Bytes beyond ASCII in an ETag."""

    etag = '"\xe9\xff"'


class EtagWithEscapes(OddServer):
    """Terminal escape sequences in an ETag, another one for each request (hostile)."""

    etag = None
    modified = None

    def validators(self) -> list[Header]:
        return [("Date", NOW), ("ETag", f'"\x1b]0;pwned\x07{self.count}"')]

    def expect(self, case: Case) -> Expectation:
        return (
            RIGHT
            if case.sha256
            else Either(GivesUp((1, 3), (r".",), because=MANY_VERSIONS.because))
        )


class EtagLetterCase(OddServer):
    """The same ETag in capitals from one backend and in small letters from the other."""

    etag = '"5D8C72A5EDDA8"'

    def validators(self) -> list[Header]:
        turned = self.etag.lower() if self.count % 2 else self.etag
        return [("Date", NOW), ("ETag", turned)]

    def holds_condition(self, request: Request) -> bool:
        return True


class _Alternating(OddServer):
    """What is said of the file differs from answer to answer, the bytes do not."""

    modified = None

    def said(self, count: int) -> list[Header]:
        raise NotImplementedError

    def validators(self) -> list[Header]:
        return [("Date", NOW), *self.said(self.count if self.odd else 0)]

    def holds_condition(self, request: Request) -> bool:
        condition = request.headers.get("if-range")
        return condition is None or condition in [value for _, value in self.validators()]

    def expect(self, case: Case) -> Expectation:
        return RIGHT if case.sha256 else Either(MANY_VERSIONS)


class EtagPerBackend(_Alternating):
    """Two backends with ETags out of inode and date (Apache's old default; field report)."""

    def said(self, count: int) -> list[Header]:
        return [("ETag", f'"node-{count % 2}"')]


class EtagPerBackendNoConditions(EtagPerBackend):
    """The same from servers that do not look at If-Range."""

    def holds_condition(self, request: Request) -> bool:
        return True


class EtagPerThree(_Alternating):
    """Three backends."""

    def said(self, count: int) -> list[Header]:
        return [("ETag", f'"node-{count % 3}"')]


class EtagPerRequest(_Alternating):
    """A new ETag for each response (a request number in it: some Node frameworks)."""

    def said(self, count: int) -> list[Header]:
        return [("ETag", f'"{count:08x}"')]


class ModifiedPerBackend(_Alternating):
    """Two backends whose copies were written one second apart (rsync without --times)."""

    def said(self, count: int) -> list[Header]:
        return [("Last-Modified", f"Wed, 08 Jan 2020 08:29:2{9 - count % 2} GMT")]


class ModifiedIsNow(_Alternating):
    """Last-Modified is the time of the answer (pages made on the fly)."""

    def said(self, count: int) -> list[Header]:
        return [("Last-Modified", f"Thu, 16 Jan 2020 06:{count // 60:02}:{count % 60:02} GMT")]


class EtagDropsOut(_Alternating):
    """One of two backends sends no ETag at all."""

    def said(self, count: int) -> list[Header]:
        return [("ETag", '"v1"')] if count % 2 else []

    def expect(self, case: Case) -> Expectation:
        return RIGHT


class EtagWeakAndStrong(_Alternating):
    """One backend makes the ETag weak, the other does not (nginx with and without gzip)."""

    def said(self, count: int) -> list[Header]:
        return [("ETag", 'W/"v1"' if count % 2 else '"v1"')]

    def expect(self, case: Case) -> Expectation:
        return RIGHT
