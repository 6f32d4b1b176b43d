"""A stub host: it sends what the host of a recording sent."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.at.dialect.results import OK, is_result
from atwin.at.dialect.urcs import parse_urc
from atwin.replay.plan import is_unasked
from atwin.trace.exchanges import Exchanges, StepKind
from atwin.trace.typed import TypedAs

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.line.port import Port
    from atwin.trace.exchanges import LineStep

#: Seconds that a module may take longer than the recorded one did.
PATIENCE = 10.0
#: After this many waits in a row without an answer nothing more is sent.
_MOST_VAIN = 3
_ESCAPE = b"+++"


class ReplayedHost:
    """The host of a recording, on the port of a module.

    Each line goes out when the module has said what the recorded one had said by then: the result,
    the prompt, the URCs of the same kinds, as many bytes in transparent mode; or when that is
    overdue. `heard` is the dialogue that results.
    """

    def __init__(
        self,
        port: Port,
        recorded: Exchanges,
        clock: Clock,
        *,
        fast: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        """`fast`: without the recorded host's pauses, but for those around `+++`."""
        self.heard = Exchanges()
        #: Why not everything was sent; None where it was.
        self.ended_early: str | None = None
        self._port, self._recorded, self._clock = port, recorded, clock
        self._fast, self._patience = fast, patience
        self._began = clock.now()
        self._news = asyncio.Event()
        #: Everything was sent and answered: whoever leaves now leaves nothing out.
        self._is_over = False
        self._vain = 0
        #: The recorded result of the command that was sent last.
        self._result: str | None = None
        #: What the recorded module had said, and what this one has: see `_count`.
        self._due, self._came = Counter[str](), Counter[str]()
        self.heard.stepped = self._stepped

    async def run(self) -> None:
        """Send everything; the port stays open."""
        self._port.start(self)
        await self._send()
        self._is_over = True
        self.heard.end()

    async def _send(self) -> None:
        told, before = 0.0, 0.0
        for step in self._recorded.steps:
            if step.way == "<":
                told = max(told, step.ended)
                _count(step, self._due)
                if step.kind is StepKind.RESULT:
                    self._result = step.text
                continue
            if not await self._ready(step, told - before):
                if self.ended_early is not None:
                    return
                continue
            await self._pause(step, step.began - max(told, before))
            before = step.ended
            if step.kind is StepKind.COMMAND:
                self._result = None
            self.heard.feed(self._now, ">", step.raw)
            self._port.write(step.raw)
            await self._port.drain()
        await self._ready(None, told - before)

    # --- the port -------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        if self.heard.typed_as is TypedAs.STREAM:
            self._came[StepKind.STREAM.name] += len(data)
            self._news.set()
        self.heard.feed(self._now, "<", data)

    def lost(self, reason: str | None) -> None:
        if reason is not None and not self._is_over:
            self.ended_early = f"the module is gone: {reason}"
            self._news.set()

    @property
    def _now(self) -> float:
        return self._clock.now() - self._began

    def _stepped(self, step: LineStep) -> None:
        if step.way == "<" and step.kind is not StepKind.STREAM:
            _count(step, self._came)
            self._news.set()

    # --- waiting --------------------------------------------------------------------------------

    async def _ready(self, step: LineStep | None, took: float) -> bool:
        """Wait for what came before `step`, None for the end; whether it is to be sent."""
        wants_prompt = step is not None and step.kind is StepKind.DATA
        with suppress(TimeoutError):
            async with asyncio.timeout(max(took, 0.0) + self._patience):
                while self.ended_early is None and self._missing and not self._is_refused:
                    self._news.clear()
                    await self._news.wait()
        refused = self._is_refused
        self._vain = self._vain + 1 if self._missing and not refused else 0
        self._came += self._missing  # it is waited for once
        if self._vain >= _MOST_VAIN and self.ended_early is None:
            self.ended_early = f"the module has answered nothing {_MOST_VAIN} times in a row"
        return self.ended_early is None and not (wants_prompt and refused)

    @property
    def _missing(self) -> Counter[str]:
        """What this module has not said, and the recorded one had."""
        return self._due - self._came

    @property
    def _is_refused(self) -> bool:
        """Whether this module has refused what the recorded one took: nothing more comes of it."""
        result = self.heard.current.result
        return result is not None and _is_error(result.text) and not _is_error(self._result or OK)

    async def _pause(self, step: LineStep, seconds: float) -> None:
        is_escape = step.kind is StepKind.STREAM and step.data == _ESCAPE
        if seconds > 0 and (is_escape or not self._fast):
            await self._clock.sleep(seconds)


def _is_error(result: str) -> bool:
    return result != OK and is_result(result)


def _count(step: LineStep, counts: Counter[str]) -> None:
    """What of a step is waited for, in `counts`."""
    match step.kind:
        case StepKind.RESULT | StepKind.PROMPT | StepKind.NOISE:
            counts[step.kind.name] += 1
        case StepKind.URC:
            urc = parse_urc(step.text)
            counts[step.text.partition(":")[0] if urc is None else type(urc).__name__] += 1
        case StepKind.STREAM:
            counts[step.kind.name] += len(step.data)
        case StepKind.DATA if is_unasked(step):
            counts["received"] += len(step.data)
