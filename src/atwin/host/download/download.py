"""The loop around everything: ask, resume, choose a strategy, fetch, verify, name the file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError, MeddledError
from atwin.disk.journal import Journal, Record
from atwin.disk.part import PartFile
from atwin.host.download.entity import Entity
from atwin.host.download.events import (
    DownloadResult,
    EntityChanged,
    Progress,
    RangesIgnored,
)
from atwin.host.download.pace import PartSize, stream_pays
from atwin.host.download.plan import count_parts, next_part
from atwin.host.download.range import RangeFetcher, refusal
from atwin.host.download.stream import OVERLAP, check_joint, stream
from atwin.host.errors import (
    NoAnswerError,
    RequestFailedError,
    ServerError,
    StepError,
    TargetError,
    VerificationError,
)
from atwin.host.http import HEAD, HttpSession
from atwin.host.recovery import Recovery, Retry

if TYPE_CHECKING:
    from atwin.host.download.events import ProgressCall
    from atwin.host.download.order import Order
    from atwin.host.download.range import Fetched
    from atwin.host.identity import Limits
    from atwin.host.recovery import Ladder

#: A stream is written and journalled in parts of this many bytes.
STREAM_PART = 65_536

#: An interruption costs what came in so many seconds; of a part by range that many bytes at least.
_KEEP_EVERY, _KEEP_AT_LEAST = 10.0, 1024

#: So often a download starts over because the entity changed, before it gives up.
_FRESH_STARTS = 4

#: Statuses of a HEAD that say something about HEAD, and nothing about the entity.
_HEAD_REFUSED = (400, 403, 405, 501)

#: Seconds between two progress reports inside a part.
_REPORT_GAP = 0.1


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
        """Raises `UsageError` for a chunk or strategy the module does not have."""
        self._chunk = order.chunk_for(limits)
        self._part_size = PartSize(self._chunk, session.setup.timeout)
        self._order = order
        self._session = session
        self._ladder = ladder
        self._clock = clock = ladder.board.clock
        self._limits = limits
        self._model = model
        self._progress = progress
        # Nothing has come yet: give up soon. Later there is something to lose.
        ladder.note = self._climb
        self._asking = Recovery(session, ladder, retry or Retry(give_up=give_up), self._note)
        self._fetching = Recovery(
            session,
            ladder,
            retry or Retry(attempts=40, give_up=give_up),
            self._note,
            reached=lambda: self._part.size,
        )
        self._strategy: str = order.strategy
        self._ranges_ignored = False
        #: Seconds the HEAD took: what each request costs besides its body.
        self._asked_for = 0.0
        self._entity: Entity | None = None
        self._fetched_parts = 0
        self._resumed_from = 0
        self._reported_at = clock.now()
        self._part: PartFile
        self._journal: Journal

    async def run(self) -> DownloadResult:
        """Fetch, verify, and put the file in place.

        Raises `ServerError`, `TlsFailed`, `ModuleError` and `TargetError`: what was received is
        kept, and the next run goes on from there. Raises `VerificationError`: everything was
        removed, and the next run starts over.
        """
        began = self._clock.now()
        self._session.on_body = self._on_body
        self._session.on_note = self._note
        try:
            self._journal = Journal(self._order.target)
            self._part = PartFile(self._order.target, md5=self._order.md5 is not None)
        except DiskError as error:
            raise TargetError(str(error)) from None
        try:
            with self._part:
                async with self._session:
                    await self._fetch_all()
                return self._finish(began)
        except MeddledError as error:
            raise TargetError(str(error)) from None
        except DiskError as error:
            raise TargetError(f"{error}; what was received before is kept") from None

    # --- course ---------------------------------------------------------------------------------

    async def _fetch_all(self) -> None:
        self._session.script.begin("ask")
        self._entity = await self._asking.run(self._ask)
        self._resume()
        for _ in range(_FRESH_STARTS):
            try:
                await self._fetch()
                return
            except (EntityChanged, RangesIgnored) as news:
                # A stream may still be running, and the module has one session for everything.
                await self._session.close()
                await self._begin_again(news)
        raise ServerError(f"{self._session.setup.url} kept changing during the download")

    async def _begin_again(self, news: EntityChanged | RangesIgnored) -> None:
        if isinstance(news, EntityChanged):
            self._start_over(f"the entity changed ({news}): starting over")
            self._entity = news.entity or await self._asking.run(self._ask)
        else:
            self._start_over("the server ignores ranges: taking the file from its begin")
            self._ranges_ignored = True
            self._entity = news.entity

    async def _ask(self) -> Entity | None:
        """What a HEAD says of the entity; None when the server does not do HEAD."""
        began = self._clock.now()
        status = (await self._session.action(HEAD)).status
        self._asked_for = self._clock.now() - began
        if 200 <= status < 300:
            return Entity.of(await self._session.headers())
        if status in _HEAD_REFUSED:
            return None
        raise refusal(self._session.setup.url, status)

    def _resume(self) -> None:
        """Take up what an earlier run left, if it is of this entity and undamaged."""
        record = self._journal.load()
        if record is None:
            self._part.start_over()
            return
        if reason := self._why_not(record):
            self._start_over(f"not going on with what is on disk ({reason}): starting over")
        else:
            self._entity = Entity.from_record(record.entity).updated(self._entity)
        self._resumed_from = self._part.size

    def _why_not(self, record: Record) -> str | None:
        if not record.is_of(self._session.setup.url):
            return f"it is of {record.shown_url}"
        if self._entity is not None:
            before = Entity.from_record(record.entity)
            if reason := before.difference(self._entity):
                return f"the entity changed, {reason}"
        if self._part.adopt(record.done) and self._part.hashes.sha256 == record.sha256:
            return None
        length = Entity.from_record(record.entity).length
        if length in (None, record.done) and self._part.is_finished(record.done, record.sha256):
            return None
        return "it does not match its journal"

    async def _fetch(self) -> None:
        entity, part = self._entity, self._part
        if part.finished or (entity is not None and part.size and entity.length == part.size):
            return
        self._strategy = self._choose(entity)
        match self._strategy:
            case "stream":
                await self._by_stream(entity or Entity())
            case _:
                await self._by_parts(entity)

    def _choose(self, entity: Entity | None) -> str:
        """`whole`, `range` or `stream`. Raises `ServerError` when nothing is left."""
        asked, limits = self._order.strategy, self._limits
        total = entity.length if entity else None
        if asked == "stream":
            return "stream"
        if total is not None and total <= self._chunk:
            return "whole"
        if self._ranges_useless:
            if total is not None and total <= limits.chunk_max:
                return "whole"
            if total is None and not self._ranges_ignored:
                return "whole"
            if limits.streams and asked == "auto":
                return "stream"
            size = "an unknown number of" if total is None else str(total)
            hint = "use strategy stream" if limits.streams else "and it cannot stream"
            raise ServerError(
                f"{self._session.setup.url}: the server ignores ranges, and {size} bytes do not"
                f" fit this module's {limits.chunk_max}; {hint}"
            )
        if asked == "auto" and limits.streams and self._stream_pays():
            return "stream"
        return "range"

    def _stream_pays(self) -> bool:
        return stream_pays(self._chunk, self._session.line_rate, self._asked_for)

    @property
    def _ranges_useless(self) -> bool:
        """Whether a part cannot be asked for: then nothing can go on in the middle either."""
        return self._ranges_ignored or (self._entity is not None and self._entity.ranges_refused)

    # --- strategies -----------------------------------------------------------------------------

    async def _by_parts(self, entity: Entity | None) -> None:
        fetcher = RangeFetcher(self._session, self._limits, entity)
        part = self._part
        if part.size and not (entity and entity.vouches) and not self._ranges_useless:
            # Nothing sure says that what is on disk is of this entity: compare some of it.
            joint = partial(check_joint, fetcher, part.tail(OVERLAP), part.size)
            await self._fetching.run(joint)
            self._entity = fetcher.entity
        over = bool(part.size) and self._entity is not None and part.size == self._entity.length
        while not over:
            over = await self._fetching.run(partial(self._next_part, fetcher))

    async def _next_part(self, fetcher: RangeFetcher) -> bool:
        """Fetch and keep one more; whether it was the last."""
        part, began = self._part, self._clock.now()
        try:
            fetched = await self._ask_for_part(fetcher)
        except StepError as failure:
            timed_out = (isinstance(failure, RequestFailedError) and failure.status == 408) or (
                isinstance(failure, NoAnswerError) and "HTTPACTION" in failure.sent
            )
            self._part_size.failed(self._clock.now() - began, timed_out=timed_out)
            raise
        self._part_size.came(fetched.length, self._clock.now() - began)
        if fetched.whole:
            self._strategy = "whole"
            self._journal.remove()
            part.start_over()
        self._entity = fetched.entity
        await self._read(fetched.length)
        self._fetched_parts += 1
        return fetched.whole or part.size == fetched.entity.length

    async def _ask_for_part(self, fetcher: RangeFetcher) -> Fetched:
        """Into the module's buffer: all that fits, or what follows the good bytes."""
        script, done = self._session.script, self._part.size
        total = self._entity.length if self._entity else None
        size = self._part_size.now
        if self._ranges_useless or (not done and total is not None and total <= size):
            script.begin("get")
            return await fetcher.whole()
        self._strategy = "range"
        if total is None:
            if done:
                # Some of a whole body without a length: where that would go on nobody can say.
                self._start_over(None)
            script.begin("first part")
            return await fetcher.fetch(0, size - 1)
        plan = next_part(done, total, size)
        script.begin(f"part {plan.index} of {plan.count}")
        return await fetcher.fetch(plan.first, plan.last)

    async def _read(self, length: int) -> None:
        """Take `length` bytes out of the module's buffer and keep them.

        In pieces that the line brings in some seconds each, so that an interruption costs no
        more than one of them.
        """
        session, first = self._session, 0
        while True:
            left = length - first
            piece = session.bytes_in(_KEEP_EVERY)
            if piece is not None and not self._ranges_useless:
                piece = max(piece, _KEEP_AT_LEAST)
                # A short rest is not worth a command of its own.
                left = piece if left > 1.5 * piece else left
            self._keep(await session.read(left, self._limits, first=first))
            first += left
            if first >= length:
                return

    async def _by_stream(self, entity: Entity) -> None:
        fetcher = RangeFetcher(self._session, self._limits, entity)
        await self._fetching.run(partial(self._stream_once, fetcher, entity))

    async def _stream_once(self, fetcher: RangeFetcher, entity: Entity) -> None:
        part = self._part
        self._session.script.begin(f"stream from {part.size}")
        if part.size:
            await check_joint(fetcher, part.tail(OVERLAP), part.size)
        before, block, kept_at = part.size, bytearray(), self._clock.now()

        def keep() -> None:
            nonlocal kept_at
            kept_at = self._clock.now()
            self._keep(bytes(block))
            block.clear()

        def take(data: bytes) -> None:
            block.extend(data)
            self._on_body(len(block))
            if len(block) >= STREAM_PART or self._clock.now() - kept_at >= _KEEP_EVERY:
                keep()

        try:
            await stream(self._session, entity, part.size, take)
        except ServerError:
            # What came was no part of the file: an error page, or a body cut to nonsense.
            self._go_back(before)
            raise
        except StepError:
            if block:
                keep()
            raise
        else:
            if block or not part.size:
                keep()
        finally:
            self._fetched_parts += count_parts(max(0, part.size - before), STREAM_PART)

    # --- what has come --------------------------------------------------------------------------

    def _keep(self, data: bytes) -> None:
        """First the bytes, then the journal that promises them, if they are of any use later."""
        self._part.append(data)
        self._save()
        self._report(self._part.size)

    def _go_back(self, size: int) -> None:
        """Drop what came behind the first `size` bytes."""
        if self._part.size > size:
            self._part.adopt(size)
            self._save()
        if not size:
            self._start_over(None)

    def _save(self) -> None:
        if self._ranges_useless:
            return
        part, entity = self._part, self._entity or Entity()
        url, sha256 = self._session.setup.url, part.hashes.sha256
        self._journal.save(Record.of(url, entity.to_record(), part.size, sha256))

    def _start_over(self, reason: str | None) -> None:
        self._journal.remove()
        self._part.start_over()
        self._resumed_from = 0
        if reason:
            self._note(reason)

    def _finish(self, began: float) -> DownloadResult:
        part, order = self._part, self._order
        found = part.hashes
        for name, wanted, got in (
            ("SHA-256", order.sha256, found.sha256),
            ("MD5", order.md5, found.md5),
        ):
            if wanted is not None and wanted.lower() != got:
                size, kept = part.size, f"left {order.target} as it was"
                self._journal.remove()
                if not part.finished:
                    kept = "removed them"
                    part.remove()
                raise VerificationError(
                    f"{size} bytes came from {self._session.setup.url} and their {name} is {got},"
                    f" not {wanted.lower()}: {kept}, the next run starts over"
                )
        part.finish()
        self._journal.remove()
        return DownloadResult(
            url=self._session.setup.url,
            file=order.target,
            bytes=part.size,
            sha256=found.sha256,
            md5=found.md5,
            parts=self._parts(part.size) or 1,
            fetched_parts=self._fetched_parts,
            resumed_from=self._resumed_from,
            seconds=self._clock.now() - began,
            strategy=self._strategy,
            model=self._model,
            retries=self._retries,
            recovery=tuple(self._ladder.climbed),
        )

    # --- progress -------------------------------------------------------------------------------

    @property
    def _retries(self) -> int:
        return self._asking.retries + self._fetching.retries

    def _parts(self, total: int | None) -> int | None:
        if self._strategy == "whole":
            return 1
        return None if total is None else count_parts(total, self._nominal)

    @property
    def _nominal(self) -> int:
        return STREAM_PART if self._strategy == "stream" else self._chunk

    def _on_body(self, count: int) -> None:
        if self._clock.now() - self._reported_at >= _REPORT_GAP:
            self._report(self._part.size + count)

    def _note(self, text: str) -> None:
        self._report(self._part.size, text)

    def _climb(self, rung: str) -> None:
        self._report(self._part.size, f"recovery: {rung}", rung)

    def _report(self, done: int, note: str | None = None, rung: str | None = None) -> None:
        if self._progress is None:
            return
        self._reported_at = self._clock.now()
        total = self._entity.length if self._entity else None
        parts, part = self._parts(total), self._part.size // self._nominal + 1
        self._progress(
            Progress(
                done=done,
                kept=self._part.size,
                total=total,
                part=part if parts is None else min(part, parts),
                parts=parts,
                retries=self._retries,
                strategy=self._strategy,
                note=note,
                rung=rung,
            )
        )
