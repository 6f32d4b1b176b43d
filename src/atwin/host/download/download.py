"""The loop around everything: ask, resume, choose a strategy, fetch, verify, name the file.

A strategy runs until all is there, or until a response shows that another one must go on: a turn
(`atwin.host.download.verdict`). What each turn leads to is decided here, and nowhere else.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError, MeddledError
from atwin.host.download.course import STREAM_PART, Course
from atwin.host.download.entity import Entity
from atwin.host.download.events import DownloadResult
from atwin.host.download.fetcher import refusal
from atwin.host.download.ledger import Ledger
from atwin.host.download.pace import stream_pays
from atwin.host.download.parts import Parts
from atwin.host.download.stream import Stream
from atwin.host.download.verdict import (
    Another,
    AtOnce,
    Broken,
    ByParts,
    Changed,
    Known,
    NoRanges,
    TooLong,
    contradiction,
    retry_after,
)
from atwin.host.errors import (
    ModuleSilentError,
    RequestFailedError,
    ServerError,
    StepError,
    TargetError,
)
from atwin.host.http import HEAD, LAST_BREAK
from atwin.text import masked_url

if TYPE_CHECKING:
    from atwin.disk.journal import Record
    from atwin.host.download.events import ProgressCall
    from atwin.host.download.order import Order
    from atwin.host.download.verdict import Turn
    from atwin.host.http import HttpSession
    from atwin.host.identity import Limits
    from atwin.host.recovery import Ladder, Retry

#: So often a download starts over because the entity changed, before it gives up.
_FRESH_STARTS = 4
#: The same for a stream, which takes all from one response, and for servers that take turns.
_CHANGES_TO_STREAM = 2

#: So often a part is asked for again when others came and this one makes no sense.
_ODD_ANSWERS = 2

#: Turns of all kinds: a server that leads in circles has an end.
_TURNS = 12

#: Seconds a HEAD may take, which nothing depends on, and its part of what there is in all.
_HEAD_TIME, _HEAD_SHARE = 30.0, 0.25

#: Statuses of the module's own that may be HEAD's fault: no HTTP, closed, silent.
_HEAD_FAILED = (600, 601, 408)


class Download:
    """One download; `run` it once."""

    def __init__(
        self,
        order: Order,
        session: HttpSession,
        ladder: Ladder,
        limits: Limits,
        *,
        model: str = "",
        retry: Retry | None = None,
        give_up: float = 900.0,
        progress: ProgressCall | None = None,
    ) -> None:
        """Raises `UsageError` for a chunk or strategy the module does not have.

        And `TargetError` for a target that cannot be, or that another process writes.
        """
        order.chunk_for(limits)
        self._order = order
        self._session = session
        self._limits = limits
        self._model = model
        try:
            self._ledger = Ledger(order, session.setup.url)
        except DiskError as error:
            raise TargetError(str(error)) from None
        self._course = Course(
            order,
            session,
            ladder,
            limits,
            self._ledger,
            retry=retry,
            give_up=give_up,
            progress=progress,
        )
        #: Seconds the HEAD took: what each request costs besides its body.
        self._asked_for = 0.0
        self._changes = 0
        self._odd = 0

    async def run(self) -> DownloadResult:
        """Fetch, verify, and put the file in place.

        Raises `ServerError`, `TlsFailed`, `ModuleError` and `TargetError`: what was received is
        kept, and the next run goes on from there. Raises `VerificationError`: everything was
        removed, and the next run starts over.
        """
        began = self._course.clock.now()
        try:
            with self._ledger:
                async with self._session:
                    await self._fetch_all()
                    if self._course.bent and self._order.mismatch(self._ledger.part.hashes):
                        await self._fetch_strictly()
                entity = self._course.entity
                self._ledger.verify(self._session.shown_url, entity.coding if entity else None)
                self._ledger.finish()
        except MeddledError as error:
            raise TargetError(str(error)) from None
        except DiskError as error:
            raise TargetError(f"{error}; what was received before is kept") from None
        return self._result(began)

    # --- course ---------------------------------------------------------------------------------

    async def _fetch_all(self) -> None:
        self._session.script.begin("ask")
        await self._ask()
        self._resume()
        self._look_ahead()
        await self._fetch()

    async def _fetch(self) -> None:
        course = self._course
        for _ in range(_TURNS):
            if self._ledger.part.finished:
                return
            strategy = Stream(course) if self._choose() == "stream" else Parts(course)
            turn = await strategy.run()
            if turn is None:
                return
            # A stream may still be running, and the module has one session for everything.
            with suppress(StepError, ModuleSilentError):  # the next attempt finds that out too
                await self._session.close()
            await self._turn(turn)
        why = course.no_ranges.reason if course.no_ranges is not None else "it"
        raise ServerError(
            f"{self._session.shown_url}: {why}; the server answers in another way each time;"
            f" {self._kept()}"
        )

    async def _fetch_strictly(self) -> None:
        """Validators differed, the bytes were to decide, and they are wrong: a mixture."""
        course = self._course
        course.by_hash = course.bent = False
        self._ledger.start_over()
        course.reports.note(
            "the bytes are not those of the hash, and their ETag or date differed on the way:"
            " starting over with parts of one entity only"
        )
        await self._ask()
        await self._fetch()

    async def _ask(self) -> None:
        """What a HEAD says of the entity. It is a courtesy: without one the GET decides."""
        course, session = self._course, self._session
        most = max(1, int(min(_HEAD_TIME, course.give_up * _HEAD_SHARE)))
        session.timeout = min(session.setup.timeout, most)
        try:
            course.entity = await course.asking.run(self._head)
        except ServerError as refused:
            course.head_status = refused.status
            course.entity = None
        finally:
            session.timeout = session.setup.timeout
        course.confirmed = False
        if course.entity is not None and course.entity.ranges_refused and course.has_another_way:
            course.no_ranges = NoRanges("the server says that it does no ranges", course.entity)
            self._ledger.promises = False

    async def _head(self) -> Entity | None:
        course, session = self._course, self._session
        began = course.clock.now()
        try:
            status = (await session.action(HEAD)).status
        except RequestFailedError as failure:
            if failure.status in _HEAD_FAILED:
                return None
            raise
        course.head_status = status
        if 200 <= status < 300:
            self._asked_for = course.clock.now() - began
            return Entity.of(await session.headers())
        if status in (429, 503):
            raise refusal(session.shown_url, status, pause=retry_after(await session.headers()))
        return None

    # --- what is on disk ------------------------------------------------------------------------

    def _resume(self) -> None:
        """Take up what an earlier run left, if it may be of this entity and is undamaged."""
        course, ledger = self._course, self._ledger
        record = ledger.find()
        if record is None or not record.done:
            ledger.start_over()
            return
        before = Entity.from_record(record.entity)
        if (reason := self._why_not(record, before)) is not None:
            ledger.start_over()
            course.reports.note(f"not going on with what is on disk ({reason}): starting over")
            return
        asked = course.entity
        # All of it is here. But it may have changed since: who does not tell is asked for a part.
        stale = before.length == record.done and not self._is_right(before)
        if stale and (ledger.part.finished or course.no_ranges is not None):
            ledger.set_aside()
            return
        known = Known(before, confirmed=True, kept=record.done, by_hash=course.by_hash)
        too_short = asked is not None and asked.length is not None and asked.length < record.done
        if asked is not None and not too_short and contradiction(known, asked) is None:
            before = before.updated(asked)
        elif asked is not None and before.surely(asked):
            course.head_length = asked.length or None  # many a HEAD says 0
        # Otherwise the GET that follows decides which of the two is right.
        # Of bytes that a stream brought and never ended, a GET has not said anything yet.
        course.entity, course.confirmed = before, ledger.proven is None or ledger.proven > 0
        course.joint_due = stale or not (
            before.vouches
            and record.is_of(self._session.setup.url)
            and ledger.proven is None
            and (asked is None or not course.by_hash or before.difference(asked) is None)
        )

    def _why_not(self, record: Record, before: Entity) -> str | None:
        if not self._is_same(record, before):
            return f"it is of {record.shown_url}"
        if not self._ledger.take_up(record):
            return "it does not match its journal"
        return None

    def _is_same(self, record: Record, before: Entity) -> bool:
        """Whether the journal speaks of this URL, or of one for the same bytes.

        A signed URL is another one after a while: the same but for its query, and the same ETag or
        date, is the same file. With a hash the bytes tell in the end.
        """
        url, order = self._session.setup.url, self._order
        if record.is_of(url) or (order.resume_from and record.is_of(order.resume_from)):
            return True
        if order.by_hash:
            return True
        here, there = (one.partition("?")[0] for one in (masked_url(url), record.shown_url))
        return here == there and self._is_told_again(before)

    def _is_right(self, before: Entity) -> bool:
        """Whether a file that is here whole, `before` by its journal, is the one to fetch."""
        if self._order.by_hash:
            return self._order.mismatch(self._ledger.part.hashes) is None
        return self._is_told_again(before)

    def _is_told_again(self, before: Entity) -> bool:
        """Whether the HEAD surely speaks of `before`."""
        asked = self._course.entity
        if asked is None or not (before.vouches and asked.vouches):
            return False
        return before.same_validators(asked) and before.difference(asked) is None

    def _look_ahead(self) -> None:
        """Say what can be seen from here. Raises as `check_size` and `check_room` do."""
        course, entity = self._course, self._course.entity
        if entity is not None and entity.length is not None:
            course.check_size(entity.length)
            course.check_room()
        if entity is not None and not course.vouched and (entity.length or 0) > course.chunk:
            course.reports.note(
                "the server sends neither ETag nor Last-Modified: if the file changes during the"
                " download, only its bytes can tell, and not surely; --sha256 does"
            )
        if course.total is not None and course.total > LAST_BREAK + 1:
            course.reports.note(
                f"{course.total} bytes are more than BREAK and BREAKEND count, {LAST_BREAK}: what"
                " lies beyond is asked for by a Range header"
            )

    # --- turns ----------------------------------------------------------------------------------

    def _choose(self) -> str:
        """`parts` or `stream`. Raises `ServerError` when nothing is left."""
        course, limits, asked = self._course, self._limits, self._order.strategy
        total, useless = course.total, course.no_ranges
        if asked == "stream" or (course.stream_first and course.no_ranges is None):
            return "stream"
        if total is not None and total <= course.chunk:
            return "parts"
        if useless is not None:
            if total is not None and total <= limits.chunk_max:
                return "parts"
            if course.may_stream:
                return "stream"
            if total is None and not course.tried_whole:
                return "parts"
            raise self._nothing_left(useless, total)
        if asked == "auto" and course.may_stream and not course.by_parts and self._stream_pays():
            return "stream"
        return "parts"

    def _stream_pays(self) -> bool:
        return stream_pays(self._course.chunk, self._session.line_rate, self._asked_for)

    def _nothing_left(self, useless: NoRanges, total: int | None) -> ServerError:
        if useless.refused and useless.refused != 416:
            return refusal(self._session.shown_url, useless.refused)
        size = "an unknown number of" if total is None else str(total)
        hint = "use strategy stream" if self._limits.streams else "and it cannot stream"
        return ServerError(
            f"{self._session.shown_url}: {useless.reason}, and {size} bytes do not fit this"
            f" module's {self._limits.chunk_max}; {hint}"
        )

    async def _turn(self, turn: Turn) -> None:
        """Make ready for another strategy. Raises `ServerError` where there is none."""
        course = self._course
        match turn:
            case Another(what):
                raise ServerError(
                    f"{self._session.shown_url}: the server now gives another thing ({what});"
                    f" {self._kept()}"
                )
            case Broken(what):
                raise ServerError(f"{self._session.shown_url}: {what}", 200)
            case TooLong(entity):
                course.entity, course.tried_whole = entity, True
            case NoRanges(reason, refused=0) if self._odd < _ODD_ANSWERS and (
                course.ranges_work or not course.has_another_way
            ):
                # One of several servers differs, or a cache that has to be filled first.
                self._odd += 1
                course.reports.note(f"{reason}: asking again")
            case NoRanges(reason, entity):
                course.no_ranges = turn
                if entity is not None:
                    before = course.entity or entity
                    course.entity = before.updated(entity, confirmed=course.confirmed)
                    course.confirmed = True
                if self._ledger.size:
                    self._begin_again(f"{reason}: taking the file from its beginning")
                self._ledger.promises = False
            case AtOnce(reason):
                course.stream_first = True
                course.reports.note(f"{reason}: taking it as a stream")
            case ByParts(reason) if self._order.strategy == "stream":
                raise ServerError(
                    f"{self._session.shown_url}: {reason}; use strategy auto or range"
                )
            case ByParts(reason):
                course.by_parts = course.joint_due = True
                course.reports.note(f"{reason}: going on by parts")
            case Changed():
                await self._changed(turn)

    async def _changed(self, turn: Changed) -> None:
        """A GET says that the entity is another one: ask once more before bytes are dropped."""
        course, before = self._course, self._course.entity
        known = replace(course.known(), confirmed=True)
        await self._ask()
        asked, course.confirmed = course.entity, True
        if asked is not None and before is not None:
            verdict = contradiction(known, asked)
            if isinstance(verdict, Another):
                course.entity = before
                await self._turn(verdict)
            if before.surely(asked) or (verdict is None and before.vouches and asked.vouches):
                course.entity = before
                self._flap(turn, asked)
                return
        if self._differs(turn):
            return
        course.entity = asked or turn.entity
        course.confirmed = asked is None and turn.entity is not None
        course.joint_due = course.doubtful = course.short = course.open_total = False
        self._begin_again(f"the entity changed, {turn.reason}: starting over")

    def _flap(self, turn: Changed, asked: Entity) -> None:
        """The answer was of another entity, and a HEAD is of ours again."""
        course = self._course
        if course.joint_due and not turn.otherwise and self._changes >= _CHANGES_TO_STREAM:
            # What is on disk came by another URL, say, or from a server that was wrong then.
            self._changes, course.joint_due = 0, False
            course.entity, course.confirmed = asked, False
            self._begin_again(f"the entity is another one, {turn.reason}: starting over")
            return
        if not self._differs(turn):
            note = f"one answer was of another entity, {turn.reason}: asking again"
            self._course.reports.note(note)

    def _differs(self, turn: Changed) -> bool:
        """Whether that happened too often for parts: then only all of it at once is one entity."""
        course = self._course
        self._changes += 1
        most = _CHANGES_TO_STREAM if course.may_stream else _FRESH_STARTS
        if self._changes <= most or course.no_ranges is not None:
            return False
        course.no_ranges = NoRanges(
            turn.otherwise
            or f"the file changes from answer to answer ({turn.reason}), as with servers that"
            " differ or a file that is being written, where only --sha256 lets the bytes decide"
        )
        self._ledger.promises = False
        self._begin_again(f"{course.no_ranges.reason}: taking it in one piece, if it can be")
        return True

    def _begin_again(self, note: str) -> None:
        self._ledger.set_aside()
        self._course.reports.note(note)

    def _kept(self) -> str:
        size = self._ledger.kept_on_disk()
        if not size:
            return "nothing was kept"
        part = self._ledger.part.path.name
        return f"{size} bytes are kept; the next run goes on, or starts over without {part}"

    # --- result ---------------------------------------------------------------------------------

    def _result(self, began: float) -> DownloadResult:
        course, part, entity = self._course, self._ledger.part, self._course.entity
        return DownloadResult(
            url=self._session.setup.url,
            file=self._order.target,
            bytes=part.size,
            sha256=part.hashes.sha256,
            md5=part.hashes.md5,
            parts=course.reports.parts(part.size) or 1,
            fetched_parts=course.fetched_parts,
            resumed_from=self._ledger.resumed_from,
            seconds=course.clock.now() - began,
            strategy=course.strategy,
            model=self._model,
            retries=course.retries,
            recovery=tuple(course.ladder.climbed),
            final_url=self._session.final_url,
            coding=entity.coding if entity is not None else None,
        )


def already_there(url: str, order: Order) -> DownloadResult | None:
    """The result, when the target has the hash that was ordered; None when it must be fetched.

    What an earlier run has left beside it is removed. Raises `TargetError`.
    """
    try:
        with Ledger(order, url) as ledger:
            if not ledger.is_there():
                return None
            ledger.finish()
            part = ledger.part
    except DiskError as error:
        raise TargetError(str(error)) from None
    return DownloadResult(
        url=url,
        file=order.target,
        bytes=part.size,
        sha256=part.hashes.sha256,
        md5=part.hashes.md5,
        parts=0,
        fetched_parts=0,
        resumed_from=part.size,
        seconds=0.0,
        strategy="none",
        model="",
        retries=0,
    )


__all__ = ["STREAM_PART", "Download", "already_there"]
