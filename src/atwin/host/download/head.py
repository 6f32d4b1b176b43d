"""What a HEAD says of the entity, before anything is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.statuses import Status
from atwin.host.download.judging.entity import Entity
from atwin.host.download.judging.refusals import refusal, retry_after
from atwin.host.download.judging.verdict import NoRanges
from atwin.host.errors import RequestFailedError, ServerError
from atwin.host.http.statuses import HEAD

if TYPE_CHECKING:
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
            raise refusal(session.shown_url, status, pause=pause)
        return None
