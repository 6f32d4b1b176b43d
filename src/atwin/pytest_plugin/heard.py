"""A trace that keeps what was said, for a test that listens."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from atwin.text import shown
from atwin.trace import Trace
from atwin.trace.described import describe, look

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.trace.ear import Hear, PassAll
    from atwin.trace.trace import Value

#: Records that a report shows: the last ones.
_TOLD = 200


class Heard(Trace):
    """A `Trace` that remembers the dialogue; `sink` gets the records as well."""

    def __init__(self, clock: Clock, sink: Callable[[str], None]) -> None:
        self._last: deque[str] = deque(maxlen=_TOLD)
        self._file = sink
        super().__init__(clock, self._keep)
        self._timing = clock
        #: Of each line: `>` to the module or `<` from it, and its text, secrets included.
        self.lines: list[tuple[str, str]] = []
        #: How many of them `wait_for` has looked at.
        self._looked = 0
        #: Of each who waits: something was said.
        self._news: set[asyncio.Event] = set()

    def says(self, kind: str, direction: str, text: str, **numbers: Value) -> None:
        super().says(kind, direction, text, **numbers)
        if kind != "data":
            self.lines.append((direction, text))
            for news in self._news:
                news.set()

    def hears(self, listener: Hear, data: bytes) -> None:
        super().hears(listener, data)
        if self._news:
            # Somebody waits: at once, and not with all that comes meanwhile.
            self._timing.call_later(0, self.flush)

    def ears(self, to_module: Hear, to_host: Hear, pass_all: PassAll) -> tuple[Hear, Hear]:
        return partial(self.hears, to_module), partial(self.hears, to_host)

    async def wait_for(self, pattern: re.Pattern[str], timeout: float) -> re.Match[str] | None:
        """The next line with `pattern` after the one found last; None when none comes in time.

        Several may wait at a time, each from where the last one was found when it began.
        """
        news, place = asyncio.Event(), self._looked
        self._news.add(news)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    self.flush()
                    news.clear()
                    while place < len(self.lines):
                        place += 1
                        if match := pattern.search(self.lines[place - 1][1]):
                            self._looked = max(self._looked, place)
                            return match
                    await news.wait()
        except TimeoutError:
            return None
        finally:
            self._news.remove(news)

    def told(self) -> str:
        """The last records for a person, secrets masked."""
        records = [json.loads(line) for line in self._last]
        return "\n".join(
            f"{record['t']:10.3f} {look(record)[0]} {shown(describe(record))}" for record in records
        )

    def _keep(self, lines: str) -> None:
        self._last.extend(lines.splitlines())
        self._file(lines)
