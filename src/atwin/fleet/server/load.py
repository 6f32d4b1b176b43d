"""What the server carries, second by second."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field


def _seconds() -> array[float]:
    return array("d")


@dataclass(slots=True)
class ServerLoad:
    """One value for each second of the campaign, from its start: 24 bytes a second in all.

    `connections`: the mean number that were open. `requests`: those that came. `sent`: bytes the
    server sent, with their heads and TLS records. What devices sent to it is not in it.
    """

    connections: array[float] = field(default_factory=_seconds)
    requests: array[float] = field(default_factory=_seconds)
    sent: array[float] = field(default_factory=_seconds)

    def __len__(self) -> int:
        return len(self.sent)

    def add(
        self, begin: float, end: float, connections: float, requests: float, sent: float
    ) -> None:
        """From `begin` to `end` there were `connections`, `requests` and bytes `sent` a second.

        Times never go back: what is added begins no earlier than the last one ended.
        """
        second, last = int(begin), int(end)
        self._reach(second)
        if second < last:
            self._put(second, second + 1 - begin, connections, requests, sent)
            if whole := last - second - 1:
                self.connections.extend(array("d", (connections,)) * whole)
                self.requests.extend(array("d", (requests,)) * whole)
                self.sent.extend(array("d", (sent,)) * whole)
            self._reach(last)
            second, begin = last, last
        self._put(second, end - begin, connections, requests, sent)

    def _reach(self, second: int) -> None:
        """Have a value for this second too; nothing was asked in those that are new."""
        if new := second + 1 - len(self.sent):
            nothing = bytes(8 * new)
            for values in (self.connections, self.requests, self.sent):
                values.frombytes(nothing)

    def _put(
        self, second: int, long: float, connections: float, requests: float, sent: float
    ) -> None:
        self.connections[second] += long * connections
        self.requests[second] += long * requests
        self.sent[second] += long * sent
