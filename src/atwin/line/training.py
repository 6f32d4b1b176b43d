"""Auto-baud: how a module finds the rate of its host (spec: uart.md §5)."""

from __future__ import annotations


class Training:
    """The first `AT` or `at` gives the rate, and is lost with its line ."""

    def __init__(self, *, found: bool) -> None:
        self.found = found
        self._seen = b""

    def take(self, data: bytes) -> bytes:
        """What is left for the firmware behind the line that trained."""
        self._seen += data
        at = max(self._seen.find(b"AT"), self._seen.find(b"at"))
        if at < 0:
            self._seen = self._seen[-1:]
            return b""
        end = self._seen.find(b"\r", at)
        if end < 0:
            self._seen = self._seen[at : at + 2]
            return b""
        rest = self._seen[end + 1 :].removeprefix(b"\n")
        self.found = True
        return rest
