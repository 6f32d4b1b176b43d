"""What is known before the first byte: by a HEAD, and by what an earlier run left on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.statuses import Status
from atwin.host.download.judging.contradiction import contradiction
from atwin.host.download.judging.entity import Entity, retry_after
from atwin.host.download.judging.verdict import Known, NoRanges, Refused
from atwin.host.errors import RequestFailedError, ServerError
from atwin.host.http.statuses import HEAD
from atwin.text import masked_url

if TYPE_CHECKING:
    from atwin.disk.journal import Record
    from atwin.host.download.course import Course

#: Seconds a HEAD may take, which nothing depends on, and its part of what there is in all.
_HEAD_TIME, _HEAD_SHARE = 30.0, 0.25

#: Statuses of the module's own that may be HEAD's fault: no HTTP, closed, silent.
_HEAD_FAILED = (Status.NOT_HTTP_PDU, Status.NETWORK_ERROR, Status.REQUEST_TIMEOUT)


class Head:
    """Asks for the head of a download. It is a courtesy: without one the GET decides."""

    def __init__(self, course: Course) -> None:
        self._course = course
        #: Seconds it took: what each request costs besides its body.
        self.took = 0.0

    async def ask(self) -> None:
        """Let the course know what it says. Raises as `Recovery.run` does, but no `ServerError`."""
        course, facts, session = self._course, self._course.facts, self._course.session
        most = max(1, int(min(_HEAD_TIME, course.asking.give_up * _HEAD_SHARE)))
        session.timeout = min(session.setup.timeout, most)
        try:
            facts.entity = await course.asking.run(self._ask)
        except ServerError as refused:
            facts.head_status, facts.entity = refused.status, None
        finally:
            session.timeout = session.setup.timeout
        facts.confirmed = False
        if facts.entity is not None and facts.entity.ranges_refused and course.has_another_way:
            course.turn(NoRanges("the server says that it does no ranges", facts.entity))

    async def _ask(self) -> Entity | None:
        course, session = self._course, self._course.session
        began = course.clock.now()
        try:
            status = (await session.action(HEAD)).status
        except RequestFailedError as failure:
            if failure.status in _HEAD_FAILED:
                return None
            raise
        course.facts.head_status = status
        if 200 <= status < 300:
            self.took = course.clock.now() - began
            return Entity.of(await session.buffer.headers())
        if status in (429, 503):
            pause = retry_after(await session.buffer.headers())
            raise Refused(status, pause).error(session.shown_url)
        return None


def resume(course: Course) -> None:
    """Take up what an earlier run left, if it may be of this entity and is undamaged."""
    ledger, facts = course.ledger, course.facts
    record = ledger.journal.load()
    if record is None or not record.done:
        ledger.start_over()
        return
    before = Entity.from_record(record.entity)
    if (reason := _why_not(course, record, before)) is not None:
        ledger.start_over()
        course.reports.note(f"not going on with what is on disk ({reason}): starting over")
        return
    asked = facts.entity
    # All of it is here. But it may have changed since: who does not tell is asked for a part.
    stale = before.length == record.done and not _is_right(course, before)
    if stale and (ledger.part.finished or not course.mode.has_ranges):
        ledger.set_aside()
        return
    # Of bytes that came without ETag or date the HEAD of today says nothing, whatever it says.
    vouched = before.vouches
    known = Known(before, confirmed=True, kept=record.done, by_hash=facts.by_hash)
    too_short = asked is not None and asked.length is not None and asked.length < record.done
    # A hash lets validators differ, as those of mirrors do: the bytes tell, here and at the end.
    differs = asked is not None and facts.by_hash and before.difference(asked) is not None
    course.bent = course.bent or differs
    if asked is not None and not too_short and contradiction(known, asked) is None:
        before = before.updated(asked)
    elif asked is not None and before.surely(asked):
        facts.head_length = asked.length or None  # many a HEAD says 0
    # Otherwise the GET that follows decides which of the two is right.
    # Of bytes that a stream brought and never ended, a GET has not said anything yet.
    facts.entity, facts.confirmed = before, ledger.proven is None or ledger.proven > 0
    ledger.joint_due = (
        stale
        or differs
        or not (vouched and record.is_of(course.session.setup.url) and ledger.proven is None)
    )


def _why_not(course: Course, record: Record, before: Entity) -> str | None:
    if not _is_same(course, record, before):
        return f"it is of {record.shown_url}"
    if not course.ledger.take_up(record):
        return "it does not match its journal"
    return None


def _is_same(course: Course, record: Record, before: Entity) -> bool:
    """Whether the journal speaks of this URL, or of one for the same bytes.

    A signed URL is another one after a while: the same but for its query, and the same ETag or
    date, is the same file. With a hash the bytes tell in the end.
    """
    url, order = course.session.setup.url, course.order
    if record.is_of(url) or (order.resume_from and record.is_of(order.resume_from)):
        return True
    if order.by_hash:
        return True
    here, there = (one.partition("?")[0] for one in (masked_url(url), record.shown_url))
    return here == there and _is_told_again(course, before)


def _is_right(course: Course, before: Entity) -> bool:
    """Whether a file that is here whole, `before` by its journal, is the one to fetch."""
    if course.order.by_hash:
        return course.order.mismatch(course.ledger.part.hashes) is None
    return _is_told_again(course, before)


def _is_told_again(course: Course, before: Entity) -> bool:
    """Whether the HEAD surely speaks of `before`."""
    asked = course.facts.entity
    if asked is None or not (before.vouches and asked.vouches):
        return False
    return before.same_validators(asked) and before.difference(asked) is None
