"""Results that may still come to commands nobody waits for any more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from atwin.at.dialect.results import is_result

if TYPE_CHECKING:
    from atwin.clock import Clock

#: Seconds for which the answer of a command that timed out may still come.
LATE = 30.0
#: Commands that are remembered.
_MOST = 32

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
        """Nothing will come any more: all did, or the module has started anew."""
        self.is_due = False
        self._names.clear()
