"""Auto-baud: how a module finds the rate of its host (spec: uart.md §5)."""

from __future__ import annotations

import re

_BEGIN = re.compile(rb"AT|at")
#: Many hosts end their lines with LF alone (spec: uart.md §11).
_END = re.compile(rb"\r\n?|\n")


class Training:
    """The first `AT` or `at` gives the rate, and is lost with its line."""

    def __init__(self) -> None:
        self._seen = b""

    def take(self, data: bytes) -> bytes | None:
        """What is left for the firmware behind the line that trained; None while none has."""
        self._seen += data
        begin = _BEGIN.search(self._seen)
        if begin is None:
            self._seen = self._seen[-1:]
            return None
        end = _END.search(self._seen, begin.end())
        if end is None:
            self._seen = begin.group()
            return None
        return self._seen[end.end() :]
