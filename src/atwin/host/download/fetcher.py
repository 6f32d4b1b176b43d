"""One GET of a download: asked for, judged, and what it gave (docs/spec/flows.md §3, http.md §7).

That all parts are of one entity is made sure in two ways. Where the module keeps the server's
letters, If-Range carries its ETag or date with each part, and the server itself says when it has
changed. And the header block of each part is compared with what is known, for servers that do not
do If-Range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.statuses import Status
from atwin.host.download.judging.judge import judge
from atwin.host.download.judging.verdict import (
    Asked,
    Refused,
    Seen,
    Span,
    TakeSlice,
    TakeWhole,
    Unconditional,
)
from atwin.host.errors import RequestFailedError
from atwin.host.http.statuses import GET

if TYPE_CHECKING:
    from atwin.host.download.course import Course
    from atwin.host.download.judging.verdict import AllThere, Overlap, Turn


class Fetcher:
    """GETs of one download."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._session = course.session
        #: This server was seen not to do If-Range.
        self.unconditional = False
        #: Bytes of the body in the module's buffer that can be read out.
        self.held = 0

    @property
    def condition(self) -> str:
        """A header line that has the server say when the entity is another; empty for none."""
        known = self._course.known()
        entity = known.entity
        if self.unconditional or known.by_hash or entity is None or not entity.condition:
            return ""
        return f"If-Range: {entity.condition}"

    async def fetch(
        self, span: Span | None, *, at: int | None = None
    ) -> TakeWhole | TakeSlice | Overlap | AllThere | Turn:
        """Bring `span`, or all of it, into the module's buffer, and say what came.

        Byte `at`, or the one that follows what is on disk, must be among it. Raises `ServerError`
        for a refusal, and as `HttpSession.action` does.
        """
        while True:
            asked = Asked(span, conditional=span is not None and bool(self.condition), at=at)
            verdict = judge(asked, await self._ask(asked), self._course.known())
            match verdict:
                case Unconditional():
                    self.unconditional = True
                case Refused(why=why):
                    buffer = self._session.buffer
                    page = "" if why else await buffer.excerpt(self.held)
                    raise verdict.error(self._session.shown_url, page)
                case _:
                    return verdict

    async def _ask(self, asked: Asked) -> Seen:
        session = self._session
        span = asked.span
        await session.parameters.ask_for(
            None if span is None or span.last is None else (span.first, span.last),
            self.condition if asked.conditional else "",
        )
        try:
            urc = await session.action(GET)
        except RequestFailedError as failure:
            if failure.status != Status.NO_MEMORY:
                raise
            status, length, headers = failure.status, failure.length, await session.buffer.headers()
            # Less than what fits has not overflowed: the server itself said 602. But the buffer may
            # be smaller than the module's limits say.
            fits = 0 < length < self._course.limits.chunk_max
            complete = fits and headers.length in (None, length)
            if fits and not complete:
                self._course.learn_buffer(length)
        else:
            status, length, complete = urc.status, urc.length, True
            headers = await session.buffer.headers()
        # What lies further on cannot be read: HTTPREAD counts up to its own limit.
        self.held = length if complete else min(length, self._course.limits.read_max)
        return Seen(status, self.held, headers, complete)
