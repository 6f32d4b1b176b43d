"""Part by part with BREAK and BREAKEND, or whole if it fits (docs/spec/flows.md §3, http.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.statuses import Status
from atwin.host.download.course import OVERLAP
from atwin.host.download.judging.entity import ContentRange
from atwin.host.download.judging.verdict import (
    AllThere,
    AtOnce,
    Changed,
    NoRanges,
    Overlap,
    Span,
    TakeSlice,
    TakeWhole,
)
from atwin.host.download.order import Mode
from atwin.host.download.pace import SMALLEST_CHUNK, next_part
from atwin.host.errors import NoAnswerError, RequestFailedError, ServerBusyError, StepError

if TYPE_CHECKING:
    from atwin.host.download.course import Course
    from atwin.host.download.judging.verdict import Turn

#: An interruption costs what came in this many seconds; by range at least this many bytes.
KEEP_EVERY, _KEEP_AT_LEAST = 10.0, 1024

#: So often a request may time out before the first part has come.
_TIMEOUTS = 3


class Parts:
    """Takes what the module's buffer holds at a time."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._timeouts = 0

    async def run(self) -> Turn | None:
        """Until all is there; or what came instead, and has another strategy go on.

        Raises as `Course.persist` and `Course.keep` do.
        """
        try:
            return await self._run()
        except ServerBusyError as busy:
            if self._span() is None:
                raise
            return self._course.never_in_parts(busy)

    async def _run(self) -> Turn | None:
        course = self._course
        turn: AllThere | Turn | None = None
        if course.ledger.joint_due and course.ledger.size and course.mode.has_ranges:
            # Nothing sure says that what is on disk is of this entity: compare some of it.
            turn = await course.persist(course.check_joint)
        while turn is None and not (course.facts.confirmed and course.ledger.size == course.total):
            turn = await course.persist(self._next)
        return None if isinstance(turn, AllThere) else turn

    async def _next(self) -> AllThere | Turn | None:
        """Fetch and keep one more."""
        course = self._course
        began, span = course.clock.now(), self._span()
        self._begin(span)
        try:
            verdict = await course.fetcher.fetch(span)
        except StepError as failure:
            timed_out = (
                isinstance(failure, RequestFailedError) and failure.status == Status.REQUEST_TIMEOUT
            ) or (isinstance(failure, NoAnswerError) and failure.awaited)
            course.part_size.failed(course.clock.now() - began, timed_out=timed_out)
            if timed_out and (turn := await self._why_so_long(failure)) is not None:
                return turn
            raise
        match verdict:
            case TakeWhole(entity):
                course.ledger.set_aside()
                course.reports.strategy = "whole"
                course.learn(entity)
                await self._read(0, min(course.fetcher.held, entity.length or 0), b"")
                course.reports.fetched_parts += 1
                return AllThere()
            case TakeSlice():
                course.part_size.came(course.fetcher.held, course.clock.now() - began)
                return await self._take(verdict, span)
            case Overlap() if course.facts.doubtful:
                return NoRanges("nothing says of which file the server's parts are")
            case Overlap():
                course.facts.doubtful = True
                return None
            case _:
                return verdict

    async def _why_so_long(self, failure: StepError) -> AtOnce | None:
        """No part has come in time, again: it may never end, or there is a way without an end."""
        course = self._course
        self._timeouts += 1
        if course.facts.ranges_work or self._timeouts < _TIMEOUTS:
            return None
        reason = f"no part came in {self._timeouts} times {course.session.timeout} s"
        if course.mode is Mode.ANY and course.may_stream and course.order.strategy == "auto":
            return AtOnce(reason)
        headers = await course.session.buffer.headers()
        open_end = headers.length is None and "transfer-encoding" not in headers
        if headers and open_end and ContentRange.of(headers) is None:
            failure.add("the server ignores ranges and does not say how long its answer is")
        return None

    def _span(self) -> Span | None:
        """What to ask for: all of it where that fits or nothing else goes, or the next part."""
        course = self._course
        done, total, size = course.ledger.size, course.total, course.part_size.now
        fits = total is not None and not done and total <= size and course.mode is not Mode.PARTS
        if fits or not course.mode.has_ranges:
            return None
        overlap = course.overlap
        if size + overlap > course.limits.chunk_max:
            size = max(SMALLEST_CHUNK, size - overlap)
        if total is None:
            return Span(done - overlap, done + size - 1)
        plan = next_part(done, total, size)
        return Span(plan.first - overlap, plan.last)

    def _begin(self, span: Span | None) -> None:
        course = self._course
        script, done, total = course.session.script, course.ledger.size, course.total
        if span is None:
            script.begin("get")
            return
        course.reports.strategy = "range"
        if total is None:
            script.begin("first part" if not done else f"part from {done}")
        else:
            plan = next_part(done, total, course.part_size.now)
            script.begin(f"part {plan.index} of {plan.count}")

    async def _take(self, slice_: TakeSlice, span: Span | None) -> Turn | None:
        """The new bytes of a slice, if those before them are the ones on disk."""
        course = self._course
        done, held = course.ledger.size, course.fetcher.held
        skip = done - slice_.first
        check = course.ledger.part.tail(min(skip, OVERLAP))
        if span is not None and span.last is not None:
            course.facts.short = slice_.first + held <= span.last
        if not slice_.sure:
            course.facts.doubtful = True
        course.take_slice(slice_)
        if await self._read(skip - len(check), held, check):
            course.reports.fetched_parts += 1
            return None
        if not slice_.sure:
            return NoRanges("the server's 206 does not say which bytes it holds")
        first = done - len(check)
        return Changed(f"its bytes from {first} on are not those on disk", slice_.entity)

    async def _read(self, first: int, end: int, check: bytes) -> bool:
        """Take the bytes `first` to `end` (not included) out of the module's buffer and keep them.

        They begin with `check`, which is on disk already; False when they do not. In pieces that
        the line brings in some seconds each, so that an interruption costs no more than one.
        """
        course = self._course
        session = course.session
        while first < end:
            size = end - first
            piece = session.buffer.bytes_in(KEEP_EVERY)
            if piece is not None and course.mode.has_ranges:
                piece = max(piece, _KEEP_AT_LEAST, len(check) + 1)
                # A short rest is not worth a command of its own.
                size = piece if size > 1.5 * piece else size
            data = await session.buffer.read(size, first=first)
            if not data.startswith(check):
                return False
            course.keep(data[len(check) :])
            check = b""
            first += size
        if not end:
            course.keep(b"")  # an empty file is a file
        return True
