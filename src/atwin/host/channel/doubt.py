"""Whether answers to earlier commands may still be under way, and how to be sure again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from atwin.at.dialect.results import is_result
from atwin.host.errors import ModuleSilentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.clock import Clock
    from atwin.host.channel.channel import Channel

#: Seconds without a byte after which an interrupted answer is taken to be over.
SETTLE = 0.2

#: Seconds in which a module answers `AT` that is not late with everything.
_AT_ONCE = 0.05

#: Seconds the rest of an interrupted answer may take: a whole buffer at 9600 Bd.
_LONGEST_SETTLE = 340.0

#: Seconds for which the answer of a command that timed out may still come.
LATE = 30.0
#: Commands that are remembered.
_MOST = 32

#: What a person can do about a module that says nothing.
CHECK = (
    "check that the module is powered, the port is the right one and the baud rate is the module's;"
    " one that sleeps by AT+CSCLK=1 may need DTR low"
)

_NAME = re.compile(r"[+*^]\w+")


class Owed:
    """The commands whose results are owed, oldest first; empty when their time is up."""

    def __init__(self, clock: Clock) -> None:
        #: Results that came while no command waited for one.
        self.strays = 0
        #: Whether the next result is one of them for sure.
        self.is_due = False
        self._clock = clock
        self._until = 0.0
        self._names: list[str] = []

    def __len__(self) -> int:
        if self._names and self._clock.now() >= self._until:
            self.forget()
        return len(self._names)

    def add(self, sent: str) -> None:
        """That command was sent, and nobody waits for its result."""
        name = _NAME.search(sent)
        self._names = [*self._names, name[0].upper() if name else ""][-_MOST:]
        self._until = self._clock.now() + LATE

    def came(self) -> None:
        """The result of the oldest one came."""
        self.is_due = False
        del self._names[:1]

    def hear(self, line: str) -> None:
        """A line that belongs to no command under way: of one of these, or of none."""
        if is_result(line):
            self.strays += 1
            self.came()
        elif self._names and line.partition(":")[0].strip().upper() in self._names:
            self.is_due = True

    def forget(self) -> None:
        """Nothing will come any more: all did, or the module has restarted."""
        self.is_due = False
        self._names.clear()


class Doubt:
    """What is not known of a line: `there` when the next result need not be the next command's."""

    def __init__(
        self, channel: Channel, owed: Owed, probe: Callable[[float], Awaitable[bool | None]]
    ) -> None:
        """`probe`: whether `AT` is answered well within that many seconds; None for no answer."""
        self._channel = channel
        self._clock = channel.clock
        self._owed = owed
        self._probe = probe
        self.there = False
        #: How often `AT` was not answered, until somebody sets it back.
        self.unanswered = 0

    async def synchronise(self, attempts: int, gap: float) -> None:
        """`AT` until a result is surely its own; see `Channel.synchronise`.

        Results come in the order of the commands. So where earlier ones may still be under way the
        line must be silent, and then the result of one `AT` the only one. A module that is late
        with all results, by the same time, gives the next one after the seconds between the two
        commands: so long nothing else may come, unless it answers at once and never was late.
        """
        heard, strays = self._channel.heard, self._owed.strays
        sure, unanswered, quiet = not self.there, len(self._owed), False
        asked_at, widest = self._clock.now(), 0.0
        for _ in range(attempts):
            strays_then, asked_before, asked_at = self._owed.strays, asked_at, self._clock.now()
            widest = max(widest, asked_at - asked_before)
            ok = await self._probe(gap)
            if ok is None:
                sure, unanswered = False, unanswered + 1
                self.unanswered += 1
            if not ok:
                continue
            if sure:
                return
            late = self._owed.strays > strays or self._clock.now() - asked_at > _AT_ONCE
            until = self._clock.now() + widest + SETTLE
            await self._settle()
            while (
                not (all_came := self._owed.strays - strays >= unanswered)
                and (quiet and late)
                and self._clock.now() < until
            ):
                await self._settle()
            if all_came or (quiet and self._owed.strays == strays_then):
                self.there = False
                if all_came:
                    self._owed.forget()
                return
            quiet = True
        count, last = self._channel.heard - heard, self._channel.last_heard[-24:]
        came = f"{count} bytes that are not an answer, last {last!r}" if count else "nothing"
        raise ModuleSilentError(
            f"no answer to AT on {self._channel.port.name} in {attempts} tries, {gap:g} s each:"
            f" came {came};"
            f" {CHECK}"
        )

    async def _settle(self) -> None:
        """Wait until the line is quiet: answers to earlier commands are still under way."""
        heard, until = -1, self._clock.now() + _LONGEST_SETTLE
        while heard != self._channel.heard and self._clock.now() < until:
            heard = self._channel.heard
            await self._clock.sleep(SETTLE)
