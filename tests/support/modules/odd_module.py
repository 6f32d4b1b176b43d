"""A module that differs in one thing from the one the host was written for.

It is the scripted module with a port that changes what it says; nothing here knows the twin.
"""

from __future__ import annotations

import asyncio
import random
import re
from typing import TYPE_CHECKING, cast

from support.modules.fake_module import FakeModule, FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.port import Receiver
    from atwin.line.ports.memory import MemoryPort

_BODY = re.compile(rb"\r\n\+HTTP(?:READ|HEAD): \d+\r\n")


class OddPort:
    """Changes what is said, and when and in which pieces it leaves; nothing overtakes anything."""

    def __init__(self, port: MemoryPort) -> None:
        self._port, self._last = port, 0.0
        #: Of what has no counted body: lines and their frames.
        self.lines: Callable[[bytes], bytes] = lambda data: data
        #: Of everything.
        self.all: Callable[[bytes], bytes] = lambda data: data
        self.delay: Callable[[], float] = lambda: 0.0
        self.pieces: Callable[[bytes], list[bytes]] = lambda data: [data]

    def start(self, receiver: Receiver) -> None:
        self._port.start(receiver)

    def write(self, data: bytes) -> None:
        if not _BODY.match(data):
            data = self.lines(data)
        loop = asyncio.get_running_loop()
        delay = self.delay()
        for piece in self.pieces(self.all(data)):
            if delay or self._last > loop.time():
                self._last = max(self._last + 1e-6, loop.time() + delay)
                loop.call_at(self._last, self._port.write, piece)
            else:
                self._port.write(piece)


class OddModule(FakeModule):
    """With knobs; each of the methods below turns one."""

    def __init__(self, port: MemoryPort, server: FakeServer, **options: object) -> None:
        self.odd = OddPort(port)
        super().__init__(cast("MemoryPort", self.odd), server, **options)  # type: ignore[arg-type]
        self._rng = random.Random(13)
        #: How many of the next +HTTPACTION get lost.
        self.lost_actions = 0
        #: Seconds after which each +HTTPACTION of a HEAD comes once more.
        self.again_after = 0.0

    def say(self, text: str) -> None:
        if text.startswith("+HTTPACTION:") and self.lost_actions:
            self.lost_actions -= 1
            return
        super().say(text)
        if text.startswith("+HTTPACTION: 2") and self.again_after:
            asyncio.get_running_loop().call_later(self.again_after, super().say, text)

    def answers(self, start: str, text: str) -> None:
        """To commands that begin so: lines, then OK unless the last is a result."""
        lines = text.split("\n")
        if not re.match(r"OK$|ERROR$|\+CM[ES] ERROR", lines[-1]):
            lines.append("OK")
        self.instead[start] = "".join(f"\r\n{line}\r\n" for line in lines if line).encode("latin-1")

    def refuses(self, *starts: str, by: str = "ERROR") -> None:
        for start in starts:
            self.answers(start, by)

    def replaces(self, pattern: bytes, by: bytes) -> None:
        """In all lines it says."""
        self.odd.lines = lambda data: re.sub(pattern, by, data)

    def spoils(self, pattern: bytes, by: bytes, times: int = 10**9) -> None:
        """In all it says, bodies too, so many times."""
        left = times

        def spoil(data: bytes) -> bytes:
            nonlocal left
            if left and re.search(pattern, data):
                left -= 1
                return re.sub(pattern, by, data, count=1)
            return data

        self.odd.all = spoil

    def is_late(self, seconds: float, spread: float = 0.0) -> None:
        self.odd.delay = lambda: seconds + self._rng.uniform(0, spread)

    def is_late_once(self, start: str, seconds: float) -> None:
        """With one answer, which others overtake; not that of a test form unless that is named."""
        loop = asyncio.get_running_loop()

        def late(line: str) -> bytes | None:
            del self.instead[start]
            if line.endswith("=?") and start != line:
                self._run(line)
                self.instead[start] = late
            else:
                loop.call_later(seconds, self._run, line)
            return None

        self.instead[start] = late

    def is_deaf(self, commands: int) -> None:
        """To the first commands."""
        run, left = self._run, commands

        def deaf(line: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                run(line)

        self._run = deaf  # type: ignore[method-assign]

    def cuts(self, longest: int) -> None:
        def pieces(data: bytes) -> list[bytes]:
            out, at = [], 0
            while at < len(data):
                size = self._rng.randint(1, longest)
                out.append(data[at : at + size])
                at += size
            return out

        self.odd.pieces = pieces

    def reads_at_most(self, size: int) -> None:
        """However much HTTPREAD is asked for."""
        read = self._httpread

        def short(value: str) -> None:
            if value == "?":
                read(value)
                return
            start, wanted = map(int, value.split(",")) if value else (0, len(self.buffer))
            self._body("+HTTPREAD", self.buffer[start : start + min(wanted, size)])

        self._httpread = short  # type: ignore[method-assign]

    def has_no_parameter(self, *tags: str, by: str = "+CME ERROR: 53") -> None:
        self.refuses(*(f'AT+HTTPPARA="{tag}"' for tag in tags), by=by)

    def has_open_session(self) -> None:
        self.inited = True

    def has_open_bearer(self) -> None:
        self.bearer_open = True

    def is_denied(self) -> None:
        """The network does not take this SIM."""
        self.answers("AT+CEREG", "+CEREG: 0,3")
        self.refuses("AT+SAPBR=1")

    def knows_only_creg(self) -> None:
        self.refuses("AT+CEREG", "AT+CGREG")
        self.answers("AT+CREG", "+CREG: 0,1")

    def only_says_it_streams(self, by: str) -> None:
        self.answers("AT+HTTPEXACTION=?", "+HTTPEXACTION: (0-1)")
        self.refuses("AT+HTTPEXACTION=0", by=by)
