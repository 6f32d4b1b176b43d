"""What goes over an AT line, cut into packets: a line each, and data in large pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from atwin.trace.pcap.blocks import AT, DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    #: Gets time, direction, dissector and data of a packet.
    Put = Callable[[float, str, bytes, bytes], None]

#: No line has this many bytes: a longer piece is data.
_BULK = 2048
#: Bytes of a packet.
_MOST = 65_536
#: Lines that may stand in front of data that came with them.
_HEADERS = 8

_LINES = {
    ">": re.compile(rb"[\r\n]*[^\r\n]+(?:\r\n?|\n)"),
    # A prompt, or a line: a CR at the very end may be half of a CR LF.
    "<": re.compile(rb"[\r\n]*(?:> ?\Z|[^\r\n]+(?:\r\n|\n|\r(?=[^\n])))"),
}
_RESULT = re.compile(rb"\r\n(?:OK|ERROR|\+CM[ES] ERROR: [^\r\n]{1,80})\r\n\Z")
_LONGEST_RESULT = 128
_ESCAPE = b"+++"
_NO_TEXT = re.compile(rb"[^\t\r\n -~]")


class Pieces:
    """Cuts both directions; nothing is lost, and the order in each is kept.

    A line waits for its end. What has none is a packet of its own when a line of the other side
    comes after it, or when nothing has come for two calls of `rest`.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._calls = 0
        self._ways = {direction: _Side() for direction in _LINES}

    def add(self, t: float, direction: str, data: bytes) -> None:
        """`data` has gone by at `t`."""
        self._calls += 1
        way = self._ways[direction]
        if data == _ESCAPE:
            self._all(direction)  # only the pause before it makes it one
        if not way.waiting:
            way.first = self._calls
        way.waiting += data
        way.t, way.last, way.rested = t, self._calls, False
        most = _HEADERS if len(way.waiting) >= _BULK else _BULK
        start = 0
        for _ in range(most):
            found = _LINES[direction].match(way.waiting, start)
            if found is None or (found.end() - start > _BULK) or _NO_TEXT.search(found[0]):
                break
            self._tell(direction, found[0])
            way.first, start = self._calls, found.end()
        way.waiting = way.waiting[start:]
        result = _RESULT.search(way.waiting, max(0, len(way.waiting) - _LONGEST_RESULT))
        if result or len(way.waiting) >= _BULK:
            self._bulk(direction, result.start() if result else len(way.waiting))

    def rest(self) -> None:
        """Some time has gone by."""
        for direction, way in self._ways.items():
            if way.waiting and way.rested:
                self._all(direction)
            way.rested = True

    def end(self) -> None:
        """Nothing more will come."""
        for direction, _ in sorted(self._ways.items(), key=lambda pair: pair[1].last):
            self._all(direction)

    def _bulk(self, direction: str, end: int) -> None:
        """Data up to `end`, and what stands after them."""
        way = self._ways[direction]
        for start in range(0, end, _MOST):
            self._tell(direction, way.waiting[start : min(end, start + _MOST)], DATA)
        way.waiting = way.waiting[end:]
        self._all(direction)

    def _all(self, direction: str) -> None:
        way = self._ways[direction]
        if way.waiting:
            self._tell(direction, way.waiting)
            way.waiting = b""

    def _tell(self, direction: str, data: bytes, dissector: bytes | None = None) -> None:
        way = self._ways[direction]
        for name, other in self._ways.items():
            if name != direction and other.waiting and other.last < way.first:
                waiting, other.waiting = other.waiting, b""
                self._put(other.t, name, _dissector(waiting), waiting)
        self._put(way.t, direction, dissector or _dissector(data), data)


class _Side:
    """One direction."""

    def __init__(self) -> None:
        self.waiting = b""
        #: When the last byte came, and in which calls the first and the last.
        self.t = 0.0
        self.first = self.last = 0
        self.rested = False


def _dissector(data: bytes) -> bytes:
    is_command = data.lstrip(b"\r\n")[:2].upper() == b"AT"
    return AT if is_command or _NO_TEXT.search(data) is None else DATA
