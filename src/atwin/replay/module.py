"""A stub module: it says what the module of a recording said."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, Self

from atwin.at.dialect.commands import CTRL_Z, ESC, expected_of
from atwin.at.dialect.results import ERROR
from atwin.at.reply import frame_urc
from atwin.replay.plan import after_junk, closes, plan
from atwin.trace.exchanges import Exchange, Exchanges, StepKind
from atwin.trace.typed import TypedAs

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.line.port import Port
    from atwin.replay.plan import Answering, Timed
    from atwin.trace.exchanges import LineStep

#: Seconds for data after a prompt, at least, and times what the recorded host took.
_DATA_TIME, _SLOWER = 30.0, 3.0
_ESCAPE = b"+++"
#: Seconds without a byte before it, at least.
_PAUSE = 0.2
#: Bytes of a dialogue that are compared; a host may go on for days.
_MOST_HEARD = 64 << 20


class ReplayedModule:
    """The module of a recording on `port`, until the block is left.

    A command is looked for where the recording stands, then among those ahead that nobody has asked
    for, then among those left behind. One that was asked for before is answered as the last time,
    and one that is not in the recording with ERROR. `heard` is the dialogue that results.
    """

    def __init__(
        self, port: Port, recorded: Exchanges, clock: Clock, *, fast: bool = False
    ) -> None:
        """`fast`: nothing waits for the time that it took then."""
        self.heard = Exchanges(_MOST_HEARD)
        #: Commands that are not in the recording.
        self.unknown = 0
        self._port, self._clock, self._fast = port, clock, fast
        self._answers = plan(recorded.all)
        self._of: dict[str, list[int]] = defaultdict(list)
        for number, answer in enumerate(self._answers[1:], 1):
            self._of[answer.exchange.command].append(number)
        #: What follows lines that are not commands, by line.
        self._junk = after_junk(recorded.all)
        #: Where the recording stands, and what each command was answered with last.
        self._next = 1
        self._last: dict[str, int] = {}
        self._asked = asyncio.Queue[Exchange]()
        self._news = asyncio.Event()
        #: An answer is under way, and what waits for its end.
        self._busy = False
        self._waiting: list[bytes] = []
        #: What came in transparent mode and was not looked at.
        self._streamed = bytearray()
        #: What came there without a pause, and when the last of it.
        self._burst, self._typed_at = bytearray(), 0.0
        self._began = clock.now()
        self._answering: asyncio.Task[NoReturn]
        self.heard.begun = self._asked.put_nowait
        self.heard.stepped = self._stepped

    async def __aenter__(self) -> Self:
        self._port.start(self)
        for timed in self._answers[0].later:
            self._say_later(timed)
        self._answering = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._answering.cancel()
        with suppress(asyncio.CancelledError):
            await self._answering
        self.heard.end()

    async def _work(self) -> NoReturn:
        while True:
            exchange = await self._asked.get()
            self._busy = True
            number = self._find(exchange.command)
            if number is None:
                await self._refuse(exchange)
            else:
                await self._answer(number, exchange)
            self._busy = False
            waiting, self._waiting = self._waiting, []
            for raw in waiting:
                self._write(raw)

    # --- the port -------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        if self.heard.typed_as is TypedAs.STREAM:
            if self._now - self._typed_at > _PAUSE:
                self._burst.clear()
            self._typed_at = self._now
            self._burst += data
            self._streamed += data
            self._news.set()
        self.heard.feed(self._now, ">", data)

    def lost(self, reason: str | None) -> None:
        """Nobody is there any more; what was said is known."""

    @property
    def _now(self) -> float:
        return self._clock.now() - self._began

    def _write(self, raw: bytes) -> None:
        self.heard.feed(self._now, "<", raw)
        self._port.write(raw)

    # --- answering ------------------------------------------------------------------------------

    def _find(self, command: str) -> int | None:
        """The recorded exchange to answer with."""
        numbers = self._of.get(command, [])
        fresh = [number for number in numbers if not self._answers[number].used]
        last = self._last.get(command)
        if not numbers:
            return None
        if self._next in fresh:
            found = self._next
        elif last is not None and last == self._next - 1:
            return last  # asked once more than it was then
        else:
            ahead = [number for number in fresh if number > self._next]
            found = (ahead or fresh or [last or numbers[-1]])[0]
        if not self._answers[found].used:
            self._next = found + 1
        self._last[command] = found
        return found

    async def _refuse(self, exchange: Exchange) -> None:
        self.unknown += 1
        if self._echoes:
            self._write(exchange.steps[0].raw.rstrip(b"\n"))
        self._write(frame_urc(ERROR))
        await self._port.drain()

    @property
    def _echoes(self) -> bool:
        """Whether the module types back where the recording stands."""
        at = min(self._next, len(self._answers) - 1)
        return self._answers[at].exchange.echoed

    async def _answer(self, number: int, exchange: Exchange) -> None:
        answer = self._answers[number]
        again, answer.used = answer.used, True
        self._streamed.clear()
        at = 0
        while at < len(answer.parts):
            part = answer.parts[at]
            at += 1
            if part.step.way == "<":
                await self._pause(part.delay)
                self._write(part.step.raw)
                await self._port.drain()
            elif part.step.kind is StepKind.STREAM:
                at = await self._take_stream(answer.parts, at)
            else:
                await self._take_data(answer, part)
        if answer.exchange.result is None:
            self.heard.give_up()
        for later in answer.later:
            if not again or closes(answer, later):
                self._say_later(later)

    async def _pause(self, seconds: float) -> None:
        if not self._fast:
            await self._clock.sleep(seconds)

    async def _take_data(self, answer: Answering, part: Timed) -> None:
        """Wait for what the host sends after the prompt; what never comes is given up."""
        step = part.step
        took = step.ended - step.began + part.delay
        wanted, end = expected_of(answer.exchange.command).data(multi=False)
        is_whole = step.raw.endswith((CTRL_Z, ESC)) if end else len(step.data) >= wanted
        limit = max(_DATA_TIME, took * _SLOWER) if is_whole else took
        try:
            async with asyncio.timeout(limit):
                while self.heard.typed_as is TypedAs.DATA:
                    await self._wait()
        except TimeoutError:
            pass

    async def _take_stream(self, parts: list[Timed], at: int) -> int:
        """Wait for as much as the recorded host sent; where the recording goes on.

        A host that ends transparent mode earlier is taken to where the recorded one did.
        """
        step = parts[at - 1].step
        while not self._left_before(step) and len(self._streamed) < len(step.data):
            await self._wait()
        if self._left_before(step):
            self._streamed.clear()
            at = next((end for end in range(at, len(parts) + 1) if _is_left(parts, end)), at)
        self._burst.clear()
        del self._streamed[: len(step.data)]
        return at

    def _left_before(self, step: LineStep) -> bool:
        return self._burst == _ESCAPE and step.data != _ESCAPE

    async def _wait(self) -> None:
        self._news.clear()
        await self._news.wait()

    # --- what nobody asked for ------------------------------------------------------------------

    def _stepped(self, step: LineStep) -> None:
        self._news.set()
        if step.way == ">" and step.kind is StepKind.NOISE and (known := self._junk.get(step.data)):
            for timed in known.popleft() if len(known) > 1 else known[0]:
                self._say_later(timed)

    def _say_later(self, timed: Timed) -> None:
        delay = 0.0 if self._fast else timed.delay
        self._clock.call_later(delay, lambda: self._say(timed.step.raw))

    def _say(self, raw: bytes) -> None:
        if self._busy:
            self._waiting.append(raw)
        else:
            self._write(raw)


def _is_left(parts: list[Timed], at: int) -> bool:
    """Whether transparent mode had ended when the recording was there: `+++`, and an answer."""
    step = parts[at - 1].step
    is_escape = step.kind is StepKind.STREAM and step.way == ">" and step.data.endswith(b"+")
    return is_escape and (at == len(parts) or parts[at].step.way == "<")
