"""The whole file in one response that passes through the module (docs/spec/http.md §3.11).

What the server's status is shows only when everything has come. So a stream that goes on in the
middle is preceded by one small ranged GET that overlaps what is on disk: it proves that the server
does ranges, that the entity is the same, and that the bytes fit. And what came is only good when
the response as a whole is judged to be of the entity.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.at.dialect.statuses import Status
from atwin.host.download.judging.entity import Entity
from atwin.host.download.judging.judge import judge
from atwin.host.download.judging.verdict import (
    AllThere,
    Another,
    Asked,
    Broken,
    ByParts,
    Changed,
    NoRanges,
    Overlap,
    Refused,
    Seen,
    Span,
    TakeSlice,
    TakeWhole,
    TooLong,
    Unconditional,
)
from atwin.host.download.pace import STREAM_PART, count_parts
from atwin.host.download.parts import KEEP_EVERY
from atwin.host.errors import (
    NoAnswerError,
    RefusedForGoodError,
    RequestFailedError,
    ServerBusyError,
    ServerError,
    StepError,
)
from atwin.host.headers import Headers
from atwin.host.http.following import follow
from atwin.host.http.statuses import GET

if TYPE_CHECKING:
    from atwin.host.download.course import Course
    from atwin.host.download.judging.verdict import Known, Turn

#: So often a stream may lose bytes on the line: smaller pieces may have helped after the first.
_LOSSES = 2
#: And so often it may stand still until the module's time-out: a part is small enough to come.
_STALLS = 3
#: And so often the rest may be longer than it was announced.
_OVERRUNS = 2

#: How the module says that a response broke off: what came before is of it.
_BROKEN_OFF = (Status.REQUEST_TIMEOUT, Status.NETWORK_ERROR, Status.SSL_ALERT)


class Stream:
    """Everything that is missing, by HTTPEXACTION."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._block = bytearray()
        self._kept_at = 0.0
        self._losses = self._stalls = self._overruns = 0
        #: Bytes on disk when this attempt began, what of it has come, and what was announced.
        self._before = self._got = 0
        self._left: int | None = None
        #: The last bytes on disk, where it begins with those for want of a validator.
        self._overlap = self._check = b""
        self._misfits = self._is_over = False

    async def run(self) -> Turn | None:
        """Until all is there; or what came instead. Raises as `Course.persist` does."""
        course = self._course
        course.reports.strategy = "stream"
        while True:
            before = course.ledger.size
            try:
                turn = await course.persist(self._once)
            except ServerBusyError as busy:
                if not course.ledger.size:
                    raise
                return course.never_in_parts(busy)
            self._is_over = course.total is None or course.ledger.size >= course.total
            # Some servers give a bounded piece, whatever was asked for.
            if turn is None and course.total is None and self._before:
                turn = await course.persist(self._look_for_more)
            if turn is not None or self._is_over or course.ledger.size == before:
                return turn

    async def _look_for_more(self) -> Turn | None:
        """Nothing said how much the rest is: is there a byte after what came?

        Raises as `Fetcher.fetch` does.
        """
        course, size = self._course, self._course.ledger.size
        verdict = await course.fetcher.fetch(Span(size, size))
        self._is_over = isinstance(verdict, AllThere)
        match verdict:
            case TakeWhole(entity):
                return NoRanges("the server ignores ranges", entity)
            case TakeSlice():
                course.take_slice(verdict)
            case AllThere() | Overlap():
                pass
            case _:
                return verdict
        return None

    async def _once(self) -> Turn | None:
        course = self._course
        course.session.script.begin(f"stream from {course.ledger.size}")
        if course.ledger.size:
            if not course.mode.has_ranges:
                course.ledger.set_aside()
            elif (turn := await course.check_joint()) is not None:
                return turn
            elif course.ledger.size == course.total:
                return None
        before = self._before = course.ledger.size
        try:
            return await self._receive()
        except ServerError:
            # What came was not part of the file: an error page, or a body cut to nonsense.
            course.ledger.go_back(before, course.facts.entity)
            if self._overruns >= _OVERRUNS:
                return NoRanges("the server sends other bytes than the range it was asked for")
            raise
        except RefusedForGoodError:
            if not self._can_turn():
                raise
            return ByParts("the module refuses to stream")
        except StepError as failure:
            if isinstance(failure, RequestFailedError) and failure.status not in _BROKEN_OFF:
                course.ledger.go_back(before, course.facts.entity)
            else:
                self._keep()
            self._losses += isinstance(failure, NoAnswerError) and bool(failure.missing)
            self._stalls += (
                isinstance(failure, RequestFailedError) and failure.status == Status.REQUEST_TIMEOUT
            )
            if self._can_turn() and self._losses >= _LOSSES:
                return ByParts(f"the line lost bytes of the stream, {course.ledger.size} are sure")
            if self._can_turn() and self._stalls >= _STALLS:
                return ByParts(f"the stream stalls, {course.ledger.size} bytes are there")
            raise
        finally:
            self._block.clear()
            new = max(0, course.ledger.size - before)
            course.reports.fetched_parts += count_parts(new, STREAM_PART)

    def _can_turn(self) -> bool:
        course = self._course
        return course.order.strategy == "auto" and course.mode.has_ranges

    async def _receive(self) -> Turn | None:
        course, session = self._course, self._course.session
        known, before = course.known(), self._before
        condition = course.fetcher.condition if before else ""
        self._overlap = course.ledger.part.tail(course.overlap)
        while True:
            lines = [f"Range: bytes={self._first}-"] if before else []
            lines += [condition] if condition else []
            await session.parameters.ask_for(None, "\r\n".join(lines))
            self._begin(None if known.entity is None else known.entity.length)
            await session.stream.start(GET)
            status = await session.stream.drain(self._take)
            if not await follow(session, status, GET):
                break
            course.ledger.go_back(before, course.facts.entity)
        turn = await self._judged(status, known, conditional=bool(condition))
        if turn is not None:
            course.ledger.go_back(before, course.facts.entity)
            return turn
        course.ledger.proven = None
        self._keep(always=not course.ledger.size)
        return None

    @property
    def _first(self) -> int:
        """The byte this attempt asks from."""
        return self._before - len(self._overlap)

    @property
    def _misfit(self) -> str:
        return f"its bytes from {self._first} on are not those on disk"

    def _begin(self, total: int | None) -> None:
        self._block.clear()
        self._kept_at, self._got = self._course.clock.now(), 0
        self._left = None if total is None else total - self._first
        self._check, self._misfits = self._overlap, False
        self._course.ledger.proven = self._before

    def _take(self, data: bytes) -> None:
        """Hear the next bytes of the body."""
        course = self._course
        self._got += len(data)
        if self._left is not None and self._got > self._left:
            more = f"more than the announced {self._left} bytes came"
            if self._before:
                # An error page, or the whole entity: the joint, checked again, will tell.
                self._overruns += 1
                raise ServerBusyError(f"{course.session.shown_url}: {more}")
            course.reports.note(f"{more}: how many there are will show")
            self._left = None
            course.facts.entity = Entity()  # what was said of it is of another one, then
        check, self._check = self._check[: len(data)], self._check[len(data) :]
        self._misfits = self._misfits or not data.startswith(check)
        if self._misfits:
            if self._got > STREAM_PART:
                self._overruns += 1
                raise ServerBusyError(f"{course.session.shown_url}: {self._misfit}")
            return  # of an error page, maybe, or of a redirect: the status will tell
        self._block += data[len(check) :]
        course.reports.body(len(self._block))
        if len(self._block) >= STREAM_PART or course.clock.now() - self._kept_at >= KEEP_EVERY:
            self._keep()

    def _keep(self, *, always: bool = False) -> None:
        if self._block or always:
            self._kept_at = self._course.clock.now()
            self._course.keep(bytes(self._block))
            self._block.clear()

    async def _judged(self, status: int, known: Known, *, conditional: bool) -> Turn | None:
        """Why what came is not what was missing; None when it is. Raises `ServerError`."""
        course = self._course
        headers = await self._headers()
        span = Span(self._first, None) if self._before else None
        verdict = judge(Asked(span, conditional), Seen(status, self._got, headers), known)
        if not headers and status in (200, 206):
            # Some modules tell no headers of a stream: then only the length speaks.
            verdict = self._by_length(status)
        match verdict:
            case TakeWhole(entity) if not self._before:
                course.learn(entity)
            case TakeSlice() | Broken() if self._misfits:
                return Changed(self._misfit)
            case TakeSlice(first) if first == self._first:
                course.take_slice(verdict)
            case AllThere():
                # What came is the page of a 416.
                self._block.clear()
                course.ledger.go_back(self._before, course.facts.entity)
            case Overlap():
                course.facts.doubtful = True
                raise ServerBusyError(
                    f"{course.session.shown_url}: nothing says that this is of the same file"
                )
            case Unconditional() if status not in (200, 203):
                course.fetcher.unconditional = True
                raise ServerBusyError(f"the server answered {status} to If-Range", status)
            case Refused():
                raise verdict.error(course.session.shown_url)
            case NoRanges() | TooLong() | Changed() | Another() | Broken() | ByParts():
                return verdict
            case _:
                return NoRanges("the server ignores ranges", course.facts.entity)
        return None

    def _by_length(self, status: int) -> TakeWhole | TakeSlice | NoRanges | Broken:
        course = self._course
        entity = course.facts.entity or Entity()
        if status == (200 if self._before else 206):
            return NoRanges("the server ignores ranges", course.facts.entity)
        if self._left not in (None, self._got):
            return Broken(f"{self._got} bytes came where {self._left} were announced")
        if self._before and self._left is None:
            return TakeSlice(self._first, entity)
        entity = replace(entity, length=self._first + self._got)
        return TakeSlice(self._first, entity) if self._before else TakeWhole(entity)

    async def _headers(self) -> Headers:
        """Of the response that has just ended; empty where the module tells those of an earlier."""
        before = self._course.session.buffer.last_head
        headers = await self._course.session.buffer.headers()
        return Headers() if headers.raw == before else headers
