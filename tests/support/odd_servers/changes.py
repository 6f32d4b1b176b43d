"""The file really changes while it is fetched: the result is one version or the other."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import RIGHT, Case, Either, Expectation, GivesUp, Unvouched
from support.odd_servers.wire import NOW, Header, Piece, Request, content

WARNED = r"ETag|Last-Modified|vouch|validator|chang"
OTHER_VERSION = GivesUp((1, 5), (r"SHA-256|chang|ETag|version",), because="it is the older version")


class _Replaced(OddServer):
    """Another version from the `since`-th request on."""

    parts = 4.3
    settles = False
    since: ClassVar[int] = 4
    tagged: ClassVar[bool] = True

    def newer(self) -> bytes:
        """The version that replaces the file."""
        return content(self.size, 2)

    @property
    def replaced(self) -> bool:
        return self.odd and self.count + 1 >= self.since

    def validators(self) -> list[Header]:
        version = 2 if self.replaced else 1
        return [("Date", NOW), ("ETag", f'"v{version}"')] if self.tagged else [("Date", NOW)]

    def holds_condition(self, request: Request) -> bool:
        tag = f'"v{2 if self.replaced else 1}"'
        return not self.tagged or request.headers.get("if-range") in (None, tag)

    def answer(self, request: Request) -> list[Piece]:
        return self.plain(request, self.newer() if self.replaced else self.data)

    def truths(self) -> list[bytes]:
        return [self.newer(), self.data]

    def expect(self, case: Case) -> Expectation:
        # A file that came whole before the change is the older one, and no such hash.
        return Either(OTHER_VERSION) if case.sha256 else RIGHT


class ReplacedSameLength(_Replaced):
    """A rebuild of the same size; its ETag tells."""


class ReplacedAtFirstPart(_Replaced):
    """Between HEAD and the first part."""

    since = 2


class ReplacedAtLastPart(_Replaced):
    """In front of the last part."""

    since = 6


class ReplacedLonger(_Replaced):
    """A larger build; ETag and total tell."""

    def newer(self) -> bytes:
        return content(self.size + 5000, 2)


class ReplacedShorter(_Replaced):
    """A smaller build, which ends in front of what is on disk."""

    def newer(self) -> bytes:
        return content(self.size // 3, 2)


class ReplacedByNothing(_Replaced):
    """Truncated for the next upload: 0 bytes for the moment."""

    def newer(self) -> bytes:
        return b""

    def expect(self, case: Case) -> Expectation:
        failure = GivesUp((1, 5), (r"chang|SHA-256|empty|0 bytes|416",), because="it has gone")
        return Either(failure)


class ReplacedLongerUntagged(ReplacedLonger):
    """The same without validators: the total tells."""

    tagged = False


class ReplacedShorterUntagged(ReplacedShorter):
    """The same without validators: the total tells."""

    tagged = False


class GrowsUntagged(ReplacedLonger):
    """A log file: the old bytes, and more after them."""

    tagged = False

    def newer(self) -> bytes:
        return self.data + content(700, 3)


class ReplacedUntagged(_Replaced):
    """The same length, no validators: nothing tells, and that is said beforehand (field report)."""

    tagged = False

    def expect(self, case: Case) -> Expectation:
        return Either(OTHER_VERSION) if case.sha256 else Unvouched(WARNED)


class ReplacedWithinTheSecond(_Replaced):
    """The same length and Last-Modified; no ETag (a copy made twice in one second)."""

    tagged = False

    def validators(self) -> list[Header]:
        return [("Date", NOW), ("Last-Modified", NOW)]

    def expect(self, case: Case) -> Expectation:
        return Either(OTHER_VERSION) if case.sha256 else Unvouched(WARNED)


class _Mixed(OddServer):
    """Two versions by turns: a roll-out that is half done."""

    changing = True
    settles = False

    def version(self) -> int:
        return self.count % 2 if self.odd else 0

    def newer(self) -> bytes:
        return content(self.size, 2)

    def validators(self) -> list[Header]:
        return [("Date", NOW), ("ETag", f'"v{self.version()}"')]

    def holds_condition(self, request: Request) -> bool:
        return request.headers.get("if-range") in (None, f'"v{self.version()}"')

    def answer(self, request: Request) -> list[Piece]:
        return self.plain(request, self.newer() if self.version() else self.data)

    def truths(self) -> list[bytes]:
        return [self.data, self.newer()]

    def expect(self, case: Case) -> Expectation:
        failure = GivesUp(
            (1, 5), (r"chang|ETag|version|SHA-256|announced",), because="two versions"
        )
        return Either(failure)


class RollOut(_Mixed):
    """Two backends, two builds of the same length, two ETags."""


class RollOutOtherLength(_Mixed):
    """Two builds of different length, no validators."""

    def newer(self) -> bytes:
        return content(self.size - 300, 2)

    def validators(self) -> list[Header]:
        return [("Date", NOW)]

    def holds_condition(self, request: Request) -> bool:
        return True


class RollOutUntagged(_Mixed):
    """Two builds of the same length and no validators."""

    def validators(self) -> list[Header]:
        return [("Date", NOW)]

    def holds_condition(self, request: Request) -> bool:
        return True

    def expect(self, case: Case) -> Expectation:
        return super().expect(case) if case.sha256 else Unvouched(WARNED)


class MadeAnew(_Mixed):
    """Made for each request (a live log, a dump): other bytes and another ETag every time."""

    def version(self) -> int:
        return self.count if self.odd else 0

    @classmethod
    def applies(cls, case: Case) -> bool:
        return not case.sha256

    def answer(self, request: Request) -> list[Piece]:
        return self.plain(request, content(self.size, self.count + 100))

    def truths(self) -> list[bytes]:
        return [self.data, *(content(self.size, number + 100) for number in range(self.count + 1))]


class LengthFlips(OddServer):
    """One byte less with every answer (a file being cut by its writer)."""

    changing = True
    settles = False
    etag = None
    modified = None

    @classmethod
    def applies(cls, case: Case) -> bool:
        return not case.sha256

    def answer(self, request: Request) -> list[Piece]:
        return self.plain(request, self.data[: self.size - self.count])

    def truths(self) -> list[bytes]:
        return [self.data[: self.size - gone] for gone in range(self.count + 2)]

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"length|chang|announced",), because="it is never the same"))
