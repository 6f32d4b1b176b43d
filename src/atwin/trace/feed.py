"""The last records of a trace, numbered: what a reader who comes late, or comes back, goes on with.

A reader holds nothing here: it says the number of the last record that it has. So one that is slow
or gone costs nothing; what it missed is told as a number.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Records that are kept, and bytes of them.
_MOST_RECORDS, _MOST_BYTES = 20_000, 4 << 20
#: The same of what is handed over at once.
_BATCH_RECORDS, _BATCH_BYTES = 2_000, 256 << 10
#: The first records, and the kinds of them that say what a trace is of.
_HEAD = 16
_IN_HEAD = re.compile(r'^[^"]*"t":[^"]*"kind":"(?:start|module)"')


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that follow each other, as lines of JSON; `missed` before them are gone."""

    first: int
    missed: int
    records: Sequence[str]

    @property
    def last(self) -> int:
        """The number of the last record in it; one less than `first` without any."""
        return self.first + len(self.records) - 1


class Feed:
    """A sink of a `Trace`: numbers its records from 1, and keeps the last ones.

    Read it on the loop that the trace lives on.
    """

    def __init__(self, records: int = _MOST_RECORDS, size: int = _MOST_BYTES) -> None:
        """It keeps the last `records` of them, of no more than `size` bytes."""
        self._most, self._most_bytes = records, size
        #: Tells its numbers from those of another feed at the same place.
        self.run = secrets.token_hex(4)
        self._kept: deque[str] = deque()
        self._bytes = 0
        #: What the trace is of: the first records, as far as they say that.
        self.head: list[str] = []
        #: The number of the last record; 0 before the first.
        self.last = 0
        self.ended = False
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def first(self) -> int:
        """The number of the oldest record that is kept; one more than `last` without any."""
        return self.last - len(self._kept) + 1

    def __call__(self, lines: str) -> None:
        """What a trace hands over: whole lines."""
        told = lines.splitlines()
        if self.last < _HEAD:
            self.head += [line for line in told[: _HEAD - self.last] if _IN_HEAD.search(line)]
        self._kept += told
        self.last += len(told)
        self._bytes += len(lines)
        while self._bytes > self._most_bytes or len(self._kept) > self._most:
            self._bytes -= len(self._kept.popleft()) + 1
        self._wake()

    def end(self) -> None:
        """Nothing comes any more."""
        self.ended = True
        self._wake()

    def after(self, number: int, limit: int = _BATCH_RECORDS) -> Batch:
        """The records after `number`, oldest first: at most `limit`, and not too many bytes.

        A `number` that was never given out is of another feed: then all that is kept follows.
        """
        if number > self.last:
            number = 0
        first = max(number + 1, self.first)
        start = first - self.first
        records: list[str] = []
        size = 0
        for line in islice(self._kept, start, start + limit):
            size += len(line)
            if size > _BATCH_BYTES and records:
                break
            records.append(line)
        return Batch(first, first - number - 1, records)

    async def more(self, number: int) -> None:
        """Return when there is a record after `number`, or the feed has ended."""
        while self.last == number and not self.ended:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)

    def _wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
