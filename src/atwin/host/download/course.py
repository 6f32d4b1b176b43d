"""What the strategies of one download share: what is known and kept, who repeats what fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from atwin.disk.errors import DiskError
from atwin.disk.target import room_for
from atwin.host.download.fetcher import Fetcher
from atwin.host.download.judging.verdict import (
    AllThere,
    Changed,
    Known,
    NoRanges,
    Overlap,
    Span,
    TakeSlice,
    TakeWhole,
)
from atwin.host.download.ledger import Ledger
from atwin.host.download.order import Mode
from atwin.host.download.pace import PartSize
from atwin.host.download.reports import Reports
from atwin.host.errors import ServerBusyError, ServerError, TargetError
from atwin.host.recovery.recovery import Recovery, Retry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.host.download.judging.entity import Entity
    from atwin.host.download.judging.verdict import Turn
    from atwin.host.download.order import Order
    from atwin.host.download.reports import ProgressCall
    from atwin.host.errors import HostError
    from atwin.host.http.session import HttpSession
    from atwin.host.recovery.ladder import Ladder

T = TypeVar("T")

#: Bytes already on disk that are compared before a download goes on after them.
OVERLAP = 1024

#: The same with each part of an entity that nothing vouches for.
_SMALL_OVERLAP = 64

#: Bytes that a body without a known length leaves free on the disk.
_LEFT_FREE = 4 << 20

#: Attempts in a row that bring nothing: before the first byte, and when there is something to lose.
_FIRST_ATTEMPTS, _ATTEMPTS = 4, 40


class Course:
    """One download under way."""

    def __init__(
        self,
        order: Order,
        session: HttpSession,
        ladder: Ladder,
        *,
        retry: Retry | None,
        give_up: float,
        progress: ProgressCall | None,
    ) -> None:
        """Raises `UsageError` for a chunk or strategy the module does not have.

        And `TargetError` for a target that cannot be, or that another process writes.
        """
        self.chunk = order.chunk_for(session.limits)
        try:
            self.ledger = Ledger(order, session.setup.url)
        except DiskError as error:
            raise TargetError(str(error)) from None
        self.order = order
        self.session = session
        self.ladder = ladder
        self.limits = session.limits
        self.clock = ladder.board.clock
        self.part_size = PartSize(self.chunk, session.setup.timeout)
        #: What is known of the entity and of the server, but for what `known` adds.
        self.facts = Known(by_hash=order.by_hash)
        #: Validators that differed were passed over: the bytes decide.
        self.bent = False
        #: Which ways are left, and why ranges are none of them.
        self.mode = Mode.ANY
        self.no_ranges: NoRanges | None = None
        #: The clock's time of the last progress.
        self.idle_since = self.clock.now()
        self.reports = Reports(self, progress)
        self.fetcher = Fetcher(self)
        self.asking = self._recovery(retry or Retry(_FIRST_ATTEMPTS, give_up=give_up))
        self._fetching = self._recovery(
            retry or Retry(give_up=give_up), None if retry else self._attempts
        )
        session.on_body = self.reports.body
        session.on_note = self.reports.note
        ladder.note = self.reports.rung

    def _recovery(
        self, retry: Retry, attempts: Callable[[HostError], int] | None = None
    ) -> Recovery:
        return Recovery(
            self.session,
            self.ladder,
            retry,
            self.reports.note,
            reached=lambda: self.ledger.size,
            attempts=attempts,
        )

    def _attempts(self, failure: HostError) -> int:
        """Nothing is known of the server yet: give up soon. Later there is hope.

        A server that is busy for ranges may not be for the whole: that is worth a try soon, too.
        """
        if isinstance(failure, ServerBusyError) and self._may_want_the_whole:
            return _FIRST_ATTEMPTS
        hope = self.ledger.size or self._well or self.part_size.shrinking
        return _ATTEMPTS if hope else _FIRST_ATTEMPTS

    @property
    def _well(self) -> bool:
        return 200 <= self.facts.head_status < 300

    @property
    def _may_want_the_whole(self) -> bool:
        """No range was ever answered by a server that is well, and there is another way."""
        if self.facts.ranges_work or not self.mode.has_ranges or not self._well:
            return False
        return self.has_another_way

    @property
    def has_another_way(self) -> bool:
        """Whether the file can be fetched without ranges."""
        return self.may_stream or (self.total or 0) <= self.limits.chunk_max

    # --- what is known --------------------------------------------------------------------------

    def known(self) -> Known:
        """For the judge of the next response."""
        return replace(
            self.facts,
            kept=self.ledger.size,
            streams=self.may_stream,
            may_part=self.mode in (Mode.ANY, Mode.STREAM) and (self.total or 0) > 1,
        )

    def turn(self, turn: Turn) -> None:
        """Go on by the ways that `turn` leaves."""
        self.mode = self.mode.after(turn)
        if isinstance(turn, NoRanges):
            self.no_ranges = turn
            self.ledger.promises = False

    def learn(self, entity: Entity) -> None:
        """A GET has shown this of the entity."""
        if (
            self.facts.by_hash
            and self.facts.entity is not None
            and self.facts.entity.difference(entity)
        ):
            self.bent = True
        if entity.coding is not None:
            self.reports.note_once(
                f"the server sends it content-coded ({entity.coding}), though identity was asked"
                " for: the file is what it sends, not decoded"
            )
        self.facts.entity, self.facts.confirmed = entity, True

    def take_slice(self, part: TakeSlice) -> None:
        """A part shows what it says of its entity, and that there are parts."""
        if part.disputed and not self.facts.open_total:
            self.facts.open_total, self.facts.head_length = True, self.total
        self.learn(part.entity)
        self.facts.ranges_work = True

    @property
    def total(self) -> int | None:
        """Bytes of the entity; None while that is open."""
        return self.facts.entity.length if self.facts.entity is not None else None

    @property
    def may_stream(self) -> bool:
        """Whether all of it can be fetched by a stream."""
        return self.limits.streams and self.order.strategy != "range"

    @property
    def vouched(self) -> bool:
        """Whether something tells the entity from another one, besides its length."""
        return self.facts.by_hash or (self.facts.entity is not None and self.facts.entity.validated)

    @property
    def overlap(self) -> int:
        """Bytes each part asks for again, to be compared."""
        if self.vouched and not self.facts.doubtful:
            return 0
        return min(_SMALL_OVERLAP, self.ledger.size, max(1, self.chunk // 4))

    @property
    def retries(self) -> int:
        """Attempts that were repeated."""
        return self.asking.retries + self._fetching.retries

    # --- doing ----------------------------------------------------------------------------------

    async def persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """`attempt`, repeated as its failures allow; see `Recovery.run`."""
        return await self._fetching.run(attempt, since=self.idle_since)

    def never_in_parts(self, busy: ServerBusyError) -> NoRanges:
        """A server that is well, by its HEAD, and busy for each range: it may give the whole.

        Raises `busy` where that is not so.
        """
        if busy.retry_after is not None or not self._may_want_the_whole:
            raise busy
        return NoRanges(f"the server answers {busy.status} to a range", refused=busy.status)

    def keep(self, data: bytes) -> None:
        """Bring `data` to the disk. Raises as `check_size` does, and `DiskError`."""
        self.check_size(self.ledger.size + len(data))
        if self.total is None:
            self.check_room()
        self.ledger.keep(data, self.facts.entity)
        self.idle_since = self.clock.now()
        self.reports.tell()

    def learn_buffer(self, size: int) -> None:
        """The module's buffer holds `size` bytes, fewer than the module said."""
        self.limits = replace(self.limits, post_max=size)
        self.chunk = min(self.chunk, size)
        self.part_size = PartSize(self.chunk, self.session.setup.timeout)

    def check_size(self, size: int) -> None:
        """Raise `ServerError` when `size` bytes are more than the caller wants to have."""
        most = self.order.max_size
        if most is not None and size > most:
            known = (
                f"has {size} bytes" if size == self.total else f"does not end after {most} bytes"
            )
            raise ServerError(f"{self.session.shown_url} {known}: --max-size {most} is exceeded")

    def check_room(self) -> None:
        """Raise `TargetError` when the disk does not hold what is to come.

        Or when what comes without a length would fill it.
        """
        target, room, total = self.order.target, room_for(self.order.target), self.total
        if total is None and room < _LEFT_FREE:
            raise TargetError(
                f"{target}: the server does not say how long it is, and only {room} bytes are free"
                f" there; {self.ledger.kept_in_words()}"
            )
        missing = 0 if total is None else total - self.ledger.size
        if room < missing:
            raise TargetError(
                f"{target}: {missing} bytes are to come, and {room} are free there;"
                f" {self.ledger.kept_in_words()}"
            )

    async def check_joint(self) -> Turn | None:
        """Make sure the server's entity holds the last bytes on disk where they are on disk.

        Raises as `Fetcher.fetch` and `Buffer.read` do.
        """
        done, tail = self.ledger.size, self.ledger.part.tail(OVERLAP)
        if not done:
            self.ledger.joint_due = False
            return None
        first = done - len(tail)
        verdict = await self.fetcher.fetch(Span(first, done), at=first)
        if isinstance(verdict, TakeWhole):
            return NoRanges("the server ignores ranges", verdict.entity)
        if isinstance(verdict, TakeSlice):
            self.facts.ranges_work = True
            skip = first - verdict.first
            size = min(self.fetcher.held - skip, len(tail))
            data = await self.session.buffer.read(size, first=skip)
            if data != tail[: len(data)]:
                if self.ledger.drop_unproven(self.facts.entity):
                    self.reports.note("what a stream brought last is not of this file: dropped")
                    if not self.ledger.size:
                        # What the journal said of the file was of that stream, too.
                        self.facts.entity = verdict.entity
                    return await self.check_joint()
                reason = f"its bytes from {first} on are not those on disk"
                return Changed(reason, verdict.entity)
            self.take_slice(verdict)
        elif not isinstance(verdict, AllThere | Overlap):
            return verdict
        self.ledger.joint_due, self.ledger.proven = False, None
        return None
