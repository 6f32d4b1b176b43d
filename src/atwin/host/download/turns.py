"""Which strategy goes on; what follows its turn: another, a fresh start, an end with the reason."""

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
    Refused,
    TooLong,
)
from atwin.host.download.order import Mode
from atwin.host.download.pace import stream_pays
from atwin.host.download.parts import Parts
from atwin.host.download.stream import Stream
from atwin.host.errors import ServerError

if TYPE_CHECKING:
    from atwin.host.download.beginning import Head
    from atwin.host.download.course import Course
    from atwin.host.download.judging.entity import Entity
    from atwin.host.download.judging.verdict import Turn

#: So often a download starts over because the entity changed, before it gives up.
_FRESH_STARTS = 4
#: The same for a stream, which takes all from one response, and for servers that take turns.
_CHANGES_TO_STREAM = 2

#: So often a part is asked for again when others came and this one makes no sense.
_ODD_ANSWERS = 2


def choose(course: Course, delay: float) -> Parts | Stream:
    """How a download goes on; each request costs `delay` seconds besides its body.

    Raises `ServerError` when nothing is left.
    """
    total, mode = course.total, course.mode
    if course.order.strategy == "stream" or mode is Mode.STREAM:
        return Stream(course)
    if mode.has_ranges:
        fits = total is not None and total <= course.chunk
        may = mode is Mode.ANY and course.order.strategy == "auto" and course.may_stream
        pays = may and not fits and stream_pays(course.chunk, course.session.channel.rate, delay)
        return Stream(course) if pays else Parts(course)
    if total is not None and total <= max(course.chunk, course.limits.chunk_max):
        return Parts(course)
    if course.may_stream:
        return Stream(course)
    if total is None and mode is not Mode.SPENT:
        return Parts(course)
    raise _nothing_left(course)


def _nothing_left(course: Course) -> ServerError:
    url, why = course.session.shown_url, course.no_ranges
    assert why is not None
    if why.refused and why.refused != 416:
        return Refused(why.refused).error(url)
    size = "an unknown number of" if course.total is None else str(course.total)
    hint = (
        "use strategy stream"
        if course.limits.streams
        else "and it cannot stream: use a server with ranges, or a module that streams"
    )
    return ServerError(
        f"{url}: {why.reason}, and {size} bytes do not fit this module's"
        f" {course.limits.chunk_max}; {hint}"
    )


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
                course.facts.entity = entity
                course.turn(turn)
            case NoRanges(reason, said, refused=0) if self._odd < _ODD_ANSWERS and (
                course.facts.ranges_work or not course.has_another_way
            ):
                # One of several servers differs, or a cache that has to be filled first.
                self._odd += 1
                head = course.facts.entity
                if said and head and not course.facts.confirmed and said.length != head.length:
                    # Neither of the two lengths is surely that of what comes next.
                    course.facts.entity = replace(head, length=None)
                course.reports.note(f"{reason}: asking again")
            case NoRanges(reason, entity):
                course.turn(turn)
                if entity is not None:
                    before = course.facts.entity or entity
                    course.facts.entity = before.updated(entity, confirmed=course.facts.confirmed)
                    course.facts.confirmed = True
                if self._ledger.size:
                    self._begin_again(f"{reason}: taking the file from its beginning")
            case AtOnce(reason):
                course.turn(turn)
                course.reports.note(f"{reason}: taking it as a stream")
            case ByParts(reason) if course.order.strategy == "stream":
                raise ServerError(
                    f"{course.session.shown_url}: {reason}; use strategy auto or range"
                )
            case ByParts(reason):
                course.turn(turn)
                course.ledger.joint_due = True
                course.reports.note(f"{reason}: going on by parts")
            case Changed():
                await self._changed(turn)

    async def _changed(self, turn: Changed) -> None:
        """A GET says that the entity is another one: ask once more before bytes are dropped."""
        course, before = self._course, self._course.facts.entity
        known = replace(course.known(), confirmed=True)
        await self._head.ask()
        asked, course.facts.confirmed = course.facts.entity, True
        if asked is not None and before is not None:
            verdict = contradiction(known, asked)
            if isinstance(verdict, Another):
                course.facts.entity = before
                await self.take(verdict)
            if before.surely(asked) or (verdict is None and before.vouches and asked.vouches):
                course.facts.entity = before
                self._flap(turn, asked)
                return
        if self._differs(turn):
            return
        course.facts.entity = asked or turn.entity
        course.facts.confirmed = asked is None and turn.entity is not None
        course.ledger.joint_due = course.facts.doubtful = course.facts.short = (
            course.facts.open_total
        ) = False
        self._begin_again(f"the entity changed, {turn.reason}: starting over")

    def _flap(self, turn: Changed, asked: Entity) -> None:
        """The answer was of another entity, and a HEAD is of ours again."""
        course = self._course
        if course.ledger.joint_due and not turn.otherwise and self._changes >= _CHANGES_TO_STREAM:
            # What is on disk came by another URL, say, or from a server that was wrong then.
            self._changes, course.ledger.joint_due = 0, False
            course.facts.entity, course.facts.confirmed = asked, False
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
        if self._changes <= most or not course.mode.has_ranges:
            return False
        why = turn.otherwise or (
            f"the file changes from answer to answer ({turn.reason}), as with servers that differ"
            " or a file that is being written, where only --sha256 lets the bytes decide"
        )
        course.turn(NoRanges(why))
        self._begin_again(f"{why}: taking it in one piece, if it can be")
        return True

    def _begin_again(self, note: str) -> None:
        self._ledger.set_aside()
        self._course.reports.note(note)
