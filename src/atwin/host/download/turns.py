"""What follows a turn: another strategy, a fresh start, or an end with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.host.download.judging.contradiction import contradiction
from atwin.host.download.judging.verdict import (
    Another,
    AtOnce,
    Broken,
    ByParts,
    Changed,
    NoRanges,
    TooLong,
)
from atwin.host.errors import ServerError

if TYPE_CHECKING:
    from atwin.host.download.course import Course
    from atwin.host.download.head import Head
    from atwin.host.download.judging.entity import Entity
    from atwin.host.download.judging.verdict import Turn

#: So often a download starts over because the entity changed, before it gives up.
_FRESH_STARTS = 4
#: The same for a stream, which takes all from one response, and for servers that take turns.
_CHANGES_TO_STREAM = 2

#: So often a part is asked for again when others came and this one makes no sense.
_ODD_ANSWERS = 2


class Turns:
    """Answers to the turns of one download. Nothing else decides what they lead to."""

    def __init__(self, course: Course, head: Head) -> None:
        self._course = course
        self._ledger = course.ledger
        self._head = head
        self._changes = 0
        self._odd = 0

    async def take(self, turn: Turn) -> None:
        """Make ready for another strategy. Raises `ServerError` where there is none."""
        course = self._course
        match turn:
            case Another(what):
                raise ServerError(
                    f"{course.session.shown_url}: the server now gives another thing ({what});"
                    f" {self._ledger.kept_in_words()}"
                ).completed()
            case Broken(what):
                raise ServerError(f"{course.session.shown_url}: {what}", 200)
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
            case ByParts(reason) if course.order.strategy == "stream":
                raise ServerError(
                    f"{course.session.shown_url}: {reason}; use strategy auto or range"
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
        await self._head.ask()
        asked, course.confirmed = course.entity, True
        if asked is not None and before is not None:
            verdict = contradiction(known, asked)
            if isinstance(verdict, Another):
                course.entity = before
                await self.take(verdict)
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
