"""The loop around everything: ask, resume, choose a strategy, fetch, verify, name the file.

A strategy runs until all is there, or until a response shows that another one must go on: a turn
(`atwin.host.download.judging.verdict`). `Turns` decides what each of them leads to.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError, MeddledError
from atwin.host.download.beginning import Head, resume
from atwin.host.download.ledger import Ledger
from atwin.host.download.reports import DownloadResult
from atwin.host.download.turns import Turns, choose
from atwin.host.errors import ModuleSilentError, ServerError, StepError, TargetError
from atwin.host.http.parameters import LAST_BREAK

if TYPE_CHECKING:
    from atwin.host.download.course import Course
    from atwin.host.download.order import Order

#: Turns of all kinds: a server that leads in circles has an end.
_TURNS = 12


class Download:
    """One download; `run` it once."""

    def __init__(self, course: Course, model: str) -> None:
        self._course = course
        self._order, self._session, self._ledger = course.order, course.session, course.ledger
        self._model = model
        self._head = Head(course)
        self._turns = Turns(course, self._head)

    async def run(self) -> DownloadResult:
        """Fetch, verify, and put the file in place.

        Raises `ServerError`, `TlsFailed`, `ModuleError` and `TargetError`: what was received is
        kept, and the next run goes on from there. Raises `VerificationError`: everything was
        removed, and the next run starts over.
        """
        began = self._course.clock.now()
        try:
            with self._ledger.part:
                async with self._session:
                    await self._fetch_all()
                    if self._course.bent and self._order.mismatch(self._ledger.part.hashes):
                        await self._fetch_strictly()
                entity = self._course.facts.entity
                self._ledger.verify(self._session.shown_url, entity.coding if entity else None)
                self._ledger.finish()
        except MeddledError as error:
            raise TargetError(str(error)) from None
        except DiskError as error:
            raise TargetError(f"{error}; {self._ledger.kept_in_words()}") from None
        return self._result(began)

    # --- course ---------------------------------------------------------------------------------

    async def _fetch_all(self) -> None:
        self._session.script.begin("ask")
        await self._head.ask()
        resume(self._course)
        self._look_ahead()
        await self._fetch()

    async def _fetch(self) -> None:
        course = self._course
        for _ in range(_TURNS):
            if self._ledger.part.finished:
                return
            turn = await choose(course, self._head.took).run()
            if turn is None:
                return
            # A stream may still be running, and the module has one session for everything.
            with suppress(StepError, ModuleSilentError):  # the next attempt finds that out too
                await self._session.close()
            await self._turns.take(turn)
        why = course.no_ranges.reason if course.no_ranges is not None else "it"
        raise ServerError(
            f"{self._session.shown_url}: {why}; the server answers in another way each time;"
            f" {self._ledger.kept_in_words()}"
        ).completed()

    async def _fetch_strictly(self) -> None:
        """Validators differed, the bytes were to decide, and they are wrong: a mixture."""
        course = self._course
        course.facts.by_hash = course.bent = False
        self._ledger.start_over()
        course.reports.note(
            "the bytes are not those of the hash, and their ETag or date differed on the way:"
            " starting over with parts of one entity only"
        )
        await self._head.ask()
        await self._fetch()

    def _look_ahead(self) -> None:
        """Say what can be seen from here. Raises as `check_size` and `check_room` do."""
        course, entity = self._course, self._course.facts.entity
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

    # --- result ---------------------------------------------------------------------------------

    def _result(self, began: float) -> DownloadResult:
        course, part, entity = self._course, self._ledger.part, self._course.facts.entity
        return DownloadResult(
            url=self._session.setup.url,
            file=self._order.target,
            bytes=part.size,
            sha256=part.hashes.sha256,
            md5=part.hashes.md5,
            parts=course.reports.parts(part.size) or 1,
            fetched_parts=course.reports.fetched_parts,
            resumed_from=self._ledger.resumed_from,
            seconds=course.clock.now() - began,
            strategy=course.reports.strategy,
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
        ledger = Ledger(order, url)
        with ledger.part as part:
            if not ledger.is_there():
                return None
            ledger.finish()
    except DiskError as error:
        raise TargetError(str(error)) from None
    return DownloadResult(
        url=url,
        file=order.target,
        bytes=part.size,
        sha256=part.hashes.sha256,
        md5=part.hashes.md5,
        resumed_from=part.size,
    )
