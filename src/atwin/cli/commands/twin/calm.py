"""The log of many modules, so that a person can read it."""

from __future__ import annotations

import logging
import time

#: Lines that may come at once, and how many more each second.
_AT_ONCE, _EACH_SECOND = 100, 10.0


class CalmHandler(logging.StreamHandler):  # type: ignore[type-arg] # no class in Python 3.11
    """Shows log lines on stderr; where there are too many to read it counts the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._room, self._since = float(_AT_ONCE), time.monotonic()
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Show it, or count it."""
        now = time.monotonic()
        self._room = min(_AT_ONCE, self._room + (now - self._since) * _EACH_SECOND)
        self._since = now
        if self._room < 1:
            self._left_out += 1
            return
        self._room -= 1
        self._tell_left_out()
        super().emit(record)

    def close(self) -> None:
        self._tell_left_out()
        super().close()

    def _tell_left_out(self) -> None:
        if self._left_out:
            many, self._left_out = self._left_out, 0
            text = f"{many:,} log lines of these modules are left out here"
            super().emit(logging.makeLogRecord({"name": "atwin", "msg": text}))
