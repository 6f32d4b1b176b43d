"""Part by part with BREAK and BREAKEND (spec: flows.md §3, http.md §7).

That all parts are of one entity is made sure in one of two ways. Where the module keeps the
server's letters, If-Range carries its ETag or date with each part, and the server itself says
when it has changed. Elsewhere the header block of each part is compared with the first one
before the part is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.download.entity import ContentRange, Entity
from atwin.host.download.events import EntityChanged, RangesIgnored
from atwin.host.errors import RequestFailedError, ServerBusyError, ServerError
from atwin.host.http import GET

if TYPE_CHECKING:
    from atwin.at.urc import HttpAction
    from atwin.host.headers import Headers
    from atwin.host.http import HttpSession
    from atwin.host.identity import Limits

#: Statuses that may be gone after a pause.
_BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Fetched:
    """`length` bytes in the module's buffer: a part, or the `whole` entity if that was sent."""

    length: int
    entity: Entity
    whole: bool = False


class RangeFetcher:
    """Fetches parts of one entity; `entity` may be unknown before the first part."""

    def __init__(self, session: HttpSession, limits: Limits, entity: Entity | None) -> None:
        self.entity = entity
        self._session = session
        self._limits = limits
        self._condition = entity.condition if entity else None
        self._seen_headers = False

    async def fetch(self, first: int, last: int) -> Fetched:
        """Bring the bytes `first` to `last`, at least one of them, into the module's buffer.

        Raises `EntityChanged`, `RangesIgnored`, `ServerError`, and as `HttpSession.action` does.
        """
        session = self._session
        await session.range(first, last)
        await session.extra_header(f"If-Range: {self._condition}" if self._condition else "")
        try:
            urc = await session.action(GET)
        except RequestFailedError as failure:
            if failure.status == 602:
                return await self._too_much(failure, first, last)
            raise
        match urc.status:
            case 206:
                return await self._part(urc, first, last)
            case 200:
                return await self._whole(urc, first, last)
            case 416:
                return await self._beyond_end(first)
            case status:
                raise await refused(session, self._limits, status, urc.length)

    async def whole(self) -> Fetched:
        """Bring the whole entity there by a GET without a range; it fits the buffer.

        Raises as `fetch` does: `EntityChanged` or `RangesIgnored` when it does not fit after all.
        """
        session = self._session
        await session.whole()
        await session.extra_header("")
        try:
            urc = await session.action(GET)
        except RequestFailedError as failure:
            if failure.status != 602:
                raise
            real = Entity.of(await session.headers())
            if real.length is None or real.length <= self._limits.chunk_max:
                raise RangesIgnored(real) from None
            raise EntityChanged(f"it has {real.length} bytes after all", real) from None
        if urc.status not in (200, 204):
            raise await refused(session, self._limits, urc.status, urc.length)
        return self._all_of(urc, Entity.of(await session.headers()))

    async def read(self, fetched: Fetched) -> bytes:
        """All of what was fetched last. Raises as `HttpSession.read` does."""
        return await self._session.read(fetched.length, self._limits)

    def _all_of(self, urc: HttpAction, entity: Entity) -> Fetched:
        if entity.length not in (None, urc.length):
            raise ServerError(
                f"{self._session.setup.url}: {urc.length} bytes came where {entity.length} were"
                " announced",
                200,
            )
        # Some of it may be kept before the line fails: what follows must be of this one.
        self.entity, self._condition, self._seen_headers = entity, entity.condition, False
        return Fetched(urc.length, entity, whole=True)

    async def _part(self, urc: HttpAction, first: int, last: int) -> Fetched:
        if self._condition is None or not self._seen_headers:
            self._check(await self._session.headers(), first, last, urc.length)
            self._seen_headers = True
        if not 0 < urc.length <= last - first + 1:
            raise ServerError(
                f"asked for {last - first + 1} bytes of {self._session.setup.url}, the server"
                f" sent {urc.length}",
                206,
            )
        return Fetched(urc.length, self.entity or Entity())

    def _check(self, headers: Headers, first: int, last: int, length: int) -> None:
        """That this part is where it was asked for, and of the same entity as the others."""
        url = self._session.setup.url
        content_range = ContentRange.of(headers)
        if content_range is None or content_range.first is None or content_range.last is None:
            raise ServerError(f"{url}: the server's 206 does not say which bytes it holds", 206)
        sent = content_range.last - content_range.first + 1
        if content_range.first != first or content_range.last > last or sent != length:
            raise ServerError(
                f"{url}: asked for bytes {first}-{last}, the server sent {length} bytes and calls"
                f" them {content_range.first}-{content_range.last}",
                206,
            )
        if content_range.total is None:
            raise ServerError(f"{url}: the server does not say how long the file is", 206)
        entity = Entity.of(headers)
        if self.entity is not None and (reason := self.entity.difference(entity)):
            raise EntityChanged(reason, entity)
        if self.entity is None or self.entity.length is None:
            self.entity = entity
            self._condition = entity.condition

    async def _whole(self, urc: HttpAction, first: int, last: int) -> Fetched:
        """200: the condition did not hold, or the server knows no ranges; it fitted the buffer."""
        entity = Entity.of(await self._session.headers())
        if self._condition and not self._differs(entity):
            return await self._without_condition(first, last)
        return self._all_of(urc, entity)

    async def _too_much(self, failure: RequestFailedError, first: int, last: int) -> Fetched:
        """602 to a part that fits: the server sent the whole entity instead."""
        headers = await self._session.headers()
        if ContentRange.of(headers) is not None:
            raise failure
        entity = Entity.of(headers)
        if reason := self._differs(entity):
            raise EntityChanged(reason, entity)
        if self._condition:
            return await self._without_condition(first, last)
        raise RangesIgnored(entity)

    async def _without_condition(self, first: int, last: int) -> Fetched:
        """The entity is the same: this server does not honour If-Range, compare ourselves."""
        self._condition = None
        return await self.fetch(first, last)

    async def _beyond_end(self, first: int) -> Fetched:
        """416: the entity is shorter than it was, or empty."""
        headers = await self._session.headers()
        content_range = ContentRange.of(headers)
        total = content_range.total if content_range else None
        if first == 0 and total == 0:
            return Fetched(0, Entity.of(headers), whole=True)
        shown = "an unknown length" if total is None else f"{total} bytes"
        raise EntityChanged(f"it has {shown} now, none at {first}")

    def _differs(self, entity: Entity) -> str | None:
        return self.entity.difference(entity) if self.entity else None


async def refused(session: HttpSession, limits: Limits, status: int, length: int) -> ServerError:
    """The error for a status that is no success, with the begin of its body."""
    return refusal(session.setup.url, status, await session.excerpt(length, limits))


def refusal(url: str, status: int, excerpt: str = "") -> ServerError:
    """The error for a status that is no success."""
    kind = ServerBusyError if status in _BUSY else ServerError
    tail = f": {excerpt}" if excerpt else ""
    return kind(f"the server answered {status} for {url}{tail}", status)
