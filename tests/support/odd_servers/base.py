"""The odd server all others are made of: a file server, which each of them spoils a little."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from support.odd_servers.expect import RIGHT, Case, Expectation
from support.odd_servers.wire import (
    MODIFIED,
    NOW,
    Header,
    Log,
    Logged,
    Piece,
    Request,
    content,
    reply,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class OddServer:
    """A server of one file. While it is not `odd` it is an ordinary one."""

    #: Set in classes that others are made of, and which are no behaviour by themselves.
    abstract: ClassVar[bool] = False
    #: Where the file is; what the download is asked for.
    path: ClassVar[str] = "/firmware.bin"
    #: Other places where the file is, reached by redirects.
    places: ClassVar[tuple[str, ...]] = ()
    #: The length of the file in parts.
    parts: ClassVar[float] = 3.3
    etag: ClassVar[str | None] = '"v1-AbC"'
    modified: ClassVar[str | None] = MODIFIED
    #: Seconds without progress after which the host gives up, and what a request may take.
    give_up: ClassVar[float] = 40.0
    timeout: ClassVar[int] = 5
    #: Seconds of virtual time for the whole run; more is a hang.
    longest: ClassVar[float] = 300.0
    #: Requests that are too many for any file here: who asks so often hammers the server.
    most_requests: ClassVar[int] = 150
    #: Whether the file really changes all the time, so that a sentence may say it.
    changing: ClassVar[bool] = False
    #: Whether an ordinary server of the first version is what this one becomes later.
    settles: ClassVar[bool] = True

    def __init__(self, case: Case) -> None:
        self.case = case
        self.size = self.sized(case)
        self.data = content(self.size)
        self.odd = True
        self.log = Log()

    # --- what each class says of itself -----------------------------------------------------------

    def sized(self, case: Case) -> int:
        """Bytes of the file."""
        return int(self.parts * case.chunk) + 7

    def answer(self, request: Request) -> list[Piece]:
        """What is sent for a request while the server is odd."""
        return self.plain(request)

    def expect(self, case: Case) -> Expectation:
        """What a download has to come to."""
        return RIGHT

    @classmethod
    def applies(cls, case: Case) -> bool:
        """Whether the case makes sense here."""
        return True

    def truths(self) -> list[bytes]:
        """The files that are right; the first is the one whose SHA-256 is told to the host."""
        return [self.data]

    def check(self) -> str | None:
        """What else was wrong, by the requests in `log`."""
        return None

    # --- what they are made of --------------------------------------------------------------------

    @property
    def fits(self) -> bool:
        """Whether the module's buffer holds the whole file."""
        return self.size <= self.case.holds

    def whole_will_do(self, case: Case) -> bool:
        """Whether the file can be had by a GET without a range."""
        return self.fits or case.may_stream

    def validators(self) -> list[Header]:
        """The headers that tell one version from another."""
        found: list[Header] = [("Date", NOW)]
        if self.etag is not None:
            found.append(("ETag", self.etag))
        if self.modified is not None:
            found.append(("Last-Modified", self.modified))
        return found

    def common(self) -> list[Header]:
        """The headers of every answer that is about the file."""
        return [
            *self.validators(),
            ("Accept-Ranges", "bytes"),
            ("Content-Type", "application/octet-stream"),
        ]

    def holds_condition(self, request: Request) -> bool:
        """Whether If-Range, where there is one, agrees (RFC 9110 §13.1.5)."""
        condition = request.headers.get("if-range")
        return condition is None or condition in (self.etag, self.modified)

    def plain(self, request: Request, data: bytes | None = None) -> list[Piece]:
        """What a faultless server answers."""
        data = self.data if data is None else data
        if request.path not in (self.path, *self.places):
            return reply(request, 404, [("Content-Type", "text/plain")], b"no such file")
        if request.ranged and self.holds_condition(request):
            first, last = request.span(len(data))
            if first >= len(data):
                return reply(
                    request, 416, [*self.common(), ("Content-Range", f"bytes */{len(data)}")]
                )
            return self.slice(request, first, last, data)
        return reply(request, 200, self.common(), data)

    def slice(
        self, request: Request, first: int, last: int, data: bytes, said: str | None = None
    ) -> list[Piece]:
        """A 206 with those bytes; `said` is its Content-Range, if that is another than the true."""
        said = f"bytes {first}-{last}/{len(data)}" if said is None else said
        named: list[Header] = [("Content-Range", said)] if said else []
        return reply(request, 206, [*self.common(), *named], data[first : last + 1])

    def handle(self, request: Request) -> list[Piece]:
        """The pieces for one request, which is written down when the server is odd."""
        if not self.odd:
            return self.plain(request)
        pieces = self.answer(request)
        self.log.entries.append(Logged.of(request, pieces))
        return pieces

    @property
    def count(self) -> int:
        """Requests so far while odd."""
        return len(self.log.entries)

    @classmethod
    def name(cls) -> str:
        """`HeadNotFound` as `head-not-found`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()


def kinds(root: type[OddServer] = OddServer) -> Iterator[type[OddServer]]:
    """All behaviours: the classes that are not `abstract`, in the order they were made."""
    for cls in root.__subclasses__():
        if not (cls.__name__.startswith("_") or "abstract" in vars(cls)):
            yield cls
        yield from kinds(cls)
