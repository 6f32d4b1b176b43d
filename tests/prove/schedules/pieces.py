"""The host's end of a line whose bytes come in pieces, each at a moment of its own."""

from __future__ import annotations

import asyncio
import random
import re
from collections import deque
from typing import TYPE_CHECKING

from atwin.line.ports.memory import MemoryPort
from atwin.line.ports.wrapper import PortWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from atwin.clock import Clock
    from atwin.line.frame import Flow
    from prove.schedules.schedule import Way

#: Where a cut hurts most: inside CR LF and `> `, inside the words that are looked for, in a number.
_NASTY = re.compile(rb"\r(?=\n)|\n(?=\r)|> ?|\+[A-Z]{2}(?=[A-Z])|O(?=K)|,(?=\d)|\d(?=\d\r)|:(?= )")
#: So many cuts in one piece, at most: a body may be full of such places.
_MOST = 40
#: Seconds for which what comes is held back, to be handed over glued together.
_GLUE = 0.15
#: How many of few pieces are late, and how many of those by a pause.
_LATE, _SELDOM = 0.2, 0.02


class _Cutter:
    """Hands on what `put` is given, in order."""

    def __init__(self, clock: Clock, way: Way, seed: str, give: Callable[[bytes], None]) -> None:
        self.idle = asyncio.Event()
        self.idle.set()
        self._clock, self._way, self._give = clock, way, give
        self._random = random.Random(seed)
        self._queue: deque[tuple[float, bytes]] = deque()
        self._last = 0.0
        self._held = False

    def put(self, data: bytes) -> None:
        """Cut, and given later."""
        pieces = list(self._cut(data))
        # A few of many: a line whose every byte is late is a slower one than any module knows.
        share = min(_LATE, 4 / len(pieces))
        for piece in pieces:
            self._last = max(self._last, self._clock.now()) + self._late(share)
            self._queue.append((self._last, piece))
        self.idle.clear()
        self.go()

    def hold(self) -> None:
        """Until `go` nothing is given."""
        self._held = True

    def go(self) -> None:
        """Give what is due, piece by piece."""
        self._held = False
        if self._queue and not self._due:
            self._due = True
            self._clock.call_later(max(0.0, self._queue[0][0] - self._clock.now()), self._next)

    _due = False

    def _next(self) -> None:
        self._due = False
        if self._held:
            return
        _, data = self._queue.popleft()
        if self._way.cut == "glued":
            data = b"".join([data, *(piece for _, piece in self._queue)])
            self._queue.clear()
        self._give(data)
        if not self._held:
            self.go()
        if not self._queue:
            self.idle.set()

    def _late(self, share: float) -> float:
        way = self._way
        if way.pause and self._random.random() < share * _SELDOM:
            return way.pause
        if way.cut == "glued":
            return 0.0 if self._queue else max(way.delay, _GLUE)
        return way.delay * self._random.random() if self._random.random() < share else 0.0

    def _cut(self, data: bytes) -> Iterator[bytes]:
        match self._way.cut:
            case "bytes":
                places = list(range(1, len(data)))
            case "random":
                places = sorted(self._random.randrange(len(data)) for _ in range(4))
            case "nasty":
                found = [match.end() for match in _NASTY.finditer(data, 0, 2000)]
                last = [len(data) - back for back in (1, 2, 3, 4)]
                places = sorted(self._random.sample(found, min(_MOST, len(found))) + last)
            case _:
                places = []
        before = 0
        for place in places:
            if before < place < len(data):
                yield data[before:place]
                before = place
        yield data[before:]


class PiecesPort(PortWrapper[MemoryPort]):
    """A `SettablePort` around a memory line's end, whose bytes come and go by `Way`s."""

    def __init__(
        self, inner: MemoryPort, clock: Clock, to_host: Way, to_module: Way, seed: int
    ) -> None:
        super().__init__(inner.name, inner)
        self._line = inner
        self._coming = _Cutter(clock, to_host, f"{seed} to host", super().received)
        self._going = _Cutter(clock, to_module, f"{seed} to module", inner.write)
        self._lost: asyncio.Task[None] | None = None

    @property
    def rate(self) -> int | None:
        return self._line.rate

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if data:
            self._going.put(bytes(data))

    async def drain(self) -> None:
        await self._going.idle.wait()
        await self._line.drain()

    def received(self, data: bytes) -> None:
        self._coming.put(data)

    def lost(self, reason: str | None) -> None:
        """Told after all that came before."""

        async def tell() -> None:
            await self._coming.idle.wait()
            super(PiecesPort, self).lost(reason)

        self._lost = asyncio.get_running_loop().create_task(tell())

    def pause_reading(self) -> None:
        self._coming.hold()
        super().pause_reading()

    def resume_reading(self) -> None:
        super().resume_reading()
        self._coming.go()

    async def set_rate(self, rate: int) -> None:
        await self.drain()
        await self._line.set_rate(rate)

    async def set_flow(self, flow: Flow) -> None:
        await self.drain()
        await self._line.set_flow(flow)

    async def set_output(self, output: str, on: bool) -> None:
        await self._line.set_output(output, on)

    async def clear_to_send(self) -> bool | None:
        return await self._line.clear_to_send()

    async def close(self) -> None:
        await self._going.idle.wait()
        await self._line.close()
