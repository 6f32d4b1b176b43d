"""The host's end of the line: one command at a time, and URCs that are never lost.

A command that gets no answer leaves the line in an unknown state (half a body may still be on
its way), so the next one first resynchronises with `AT` (docs/spec/flows.md §1,
uart.md §3). Its answer may come all the same, later: results are counted, and for some
time each command waits whether a second one follows the first. The last is its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from atwin.at.answers import AnswerParser
from atwin.at.dialect.urcs import Ready, urcs_after
from atwin.at.events import (
    BodyData,
    BodyStart,
    Echo,
    Final,
    Information,
    Prompt,
    Received,
    Unsolicited,
)
from atwin.clock import LoopClock
from atwin.host.channel.doubt import SETTLE, Doubt, Owed
from atwin.host.channel.exchange import DataPhase, Exchange, Reply, Timeout
from atwin.host.channel.starts import Starts
from atwin.host.channel.urcs import Urcs, tell
from atwin.host.channel.waking import Waking
from atwin.host.errors import LineLostError
from atwin.line.port import AskingPort, ExpectingPort, SettablePort

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.said import Urc
    from atwin.at.events import Event
    from atwin.clock import Clock
    from atwin.clock.base import Timer
    from atwin.host.channel.exchange import Progress
    from atwin.line.port import Port

U = TypeVar("U", bound="Urc")

#: Seconds a module may take for an answer unless its manual says more (docs/spec/http.md §3).
COMMAND_TIMEOUT = 9.0

#: Seconds without a byte after a bare result in place of information that was asked for.
LATE_SETTLE = 1.0

#: Seconds of a time limit for which bytes may be late: an `ExpectingPort` keeps some for 0.5 s.
_PATIENT = 1.0


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line on the wire: `direction` is `>` to the module, `<` from it, `time` in seconds."""

    time: float
    direction: str
    text: str


class Channel:
    """Commands out, answers and URCs in, on one `Port`. Make it inside a running loop."""

    def __init__(self, port: Port, clock: Clock | None = None) -> None:
        self.port = port
        self.clock = clock or LoopClock()
        #: How often the module was heard to start. What is told to it holds until that changes.
        self.restarts = 0
        #: Whether it has ever answered a command.
        self.answered = False
        #: How many bytes have come from the module, and those that came last, as handed over.
        self.heard, self.last_heard = 0, b""
        #: What the module still waits for of a data phase.
        self.data = DataPhase(self)
        self._parser = AnswerParser()
        self._lock = asyncio.Lock()
        self._exchange: Exchange | None = None
        # One for all commands: most are over long before, and each would leave one of its own.
        self._timer: Timer | None = None
        self._timer_due = 0.0
        self._owed = Owed(self.clock)
        self._doubt = Doubt(self, self._owed, self._probe)
        #: Whether the module may be asleep.
        self.waking = Waking(self, self._doubt, self._ask)
        #: When a command was over last, or a URC came.
        self.active_at = self.clock.now()
        self._expecting = port if isinstance(port, ExpectingPort) else None
        # A wrapper that hands on what it does not know has a `write` of its own, and no `ask`.
        self._write: Callable[[bytes], None] = port.write
        if isinstance(port, AskingPort) and hasattr(type(port), "ask"):
            self._write = port.ask
        self._lost: str | None = None
        self._urcs = Urcs(self.clock)
        self._starts = Starts(self.clock)
        self._received_calls: list[Callable[[Received], None]] = []
        self._log_calls: list[Callable[[LogEntry], None]] = []
        port.start(self)

    @property
    def rate(self) -> int | None:
        """bit/s of the line; None on a port that knows of none."""
        return self.port.rate if isinstance(self.port, SettablePort) else None

    def check_line(self) -> None:
        """Raise `LineLostError` when the port is gone."""
        if self._lost is not None:
            raise LineLostError(self._lost)

    # --- commands -------------------------------------------------------------------------------

    async def command(
        self,
        text: str,
        *,
        timeout: float = COMMAND_TIMEOUT,
        raw: int = 0,
        progress: Progress | None = None,
    ) -> Reply:
        """Send one command line (without CR) and return its whole answer, good or bad.

        `timeout` seconds run from the command, and again from each piece of a counted body.
        `raw` is the length of one that nothing announces, `progress` hears how much of it has
        come. Raises `Timeout`, `LineLostError`, and `ModuleSilentError` when the
        line cannot be resynchronised.
        """
        await self._lock.acquire()
        try:
            now = self.clock.now()
            if self.waking.is_due(now - self.active_at):
                await self.waking.get_ready()
                now = self.clock.now()
            exchange = self._begin(text, b"\r", timeout, progress, raw=raw, now=now)
            try:
                reply = exchange.reply or await exchange.answer()
            finally:
                self._end(exchange)
            self.waking.hear(text, reply)
            return reply
        finally:
            self._lock.release()

    async def command_with_data(
        self,
        text: str,
        data: bytes,
        *,
        timeout: float = COMMAND_TIMEOUT,
        data_timeout: float = 130.0,
        progress: Progress | None = None,
    ) -> Reply:
        """Send a command, wait for its prompt (`DOWNLOAD` or `>`), send `data`, return the answer.

        `timeout` runs to the prompt, `data_timeout` from there to the result. An answer that
        comes instead of the prompt is returned. Raises as `command` does.
        """
        async with self._lock:
            now = self.clock.now()
            if self.waking.is_due(now - self.active_at):
                await self.waking.get_ready()
                now = self.clock.now()
            # CR LF: after a bare CR the module would swallow data that begin with LF
            # (docs/spec/uart.md §1).
            exchange = self._begin(text, b"\r\n", timeout, None, now=now)
            self.data.unsent = len(data)
            try:
                if await exchange.prompt():
                    exchange.timeout = data_timeout
                    exchange.alive_at = self.clock.now()
                    self._log(">", f"({len(data)} bytes)")
                    await self.data.send(data, progress, exchange)
                return await exchange.answer()
            finally:
                self._end(exchange)
                if not self._doubt.there:
                    self.data.unsent = 0

    async def synchronise(self, attempts: int = 20, gap: float = 0.5) -> None:
        """Send `AT` until it is answered, at most `attempts` times, `gap` seconds apart.

        Late answers of earlier commands are waited out and dropped. Raises `LineLostError`, and
        `ModuleSilentError` with what came instead.
        """
        async with self._lock:
            await self._doubt.synchronise(attempts, gap)

    def send_raw(self, data: bytes) -> None:
        """Bytes that are not a command, to a module that may be in a data phase."""
        self._log(">", f"({len(data)} bytes)")
        self.port.write(data)
        self._doubt.there = True

    def send_blind(self, text: str) -> None:
        """A command whose answer nobody waits for, because none can be heard."""
        self._log(">", text)
        self.port.write(text.encode() + b"\r")
        self._doubt.there = True
        self._owed.add(text)

    def expect_restart(self) -> None:
        """The module was made to restart: count that, whether its RDY is heard or not."""
        self.restarts += 1
        self._doubt.there = True
        self._owed.forget()
        self._parser.restarted()

    # --- URCs and log ---------------------------------------------------------------------------

    async def urc(self, *kinds: type[U], timeout: float) -> U:
        """The next URC of one of `kinds`, the oldest first if it came already.

        Raises `Timeout` after `timeout` seconds, and `LineLostError`.
        """
        return await self._urcs.take(*kinds, timeout=timeout)

    @property
    def answering(self) -> bool:
        """Whether a command was sent whose result has not come yet."""
        exchange = self._exchange
        return exchange is not None and exchange.final is None and not exchange.is_over

    def forget(self, *kinds: type[Urc]) -> None:
        """Drop the URCs of these kinds that came and were not asked for."""
        self._urcs.forget(*kinds)

    def on_urc(self, call: Callable[[str, Urc | None], None]) -> Callable[[], None]:
        """Call back for every unsolicited line, known or not; returns the way to stop that."""
        return self._urcs.on_urc(call)

    def on_received(self, call: Callable[[Received], None]) -> Callable[[], None]:
        """Call back for every piece a TCP or UDP link received by itself (not with CIPRXGET).

        Returns the way to stop that. With one link the module must say how much it is
        (AT+CIPHEAD=1): bare bytes are no more than lines to a host.
        """
        self._received_calls.append(call)
        return lambda: self._received_calls.remove(call)

    def on_log(self, call: Callable[[LogEntry], None]) -> Callable[[], None]:
        """Call back for every line in both directions, bodies shortened to their length.

        Returns the way to stop that.
        """
        self._log_calls.append(call)
        return lambda: self._log_calls.remove(call)

    async def close(self) -> None:
        """Let go of the port."""
        if self._lost is None:
            await self.waking.let_go()
        await self.port.close()
        self.lost(None)

    # --- from the port --------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        self.heard += len(data)
        self.last_heard = data
        for event in self._parser.feed(data):
            self._handle(event)
        exchange = self._exchange
        if exchange is None or exchange.announced is None or self._expecting is None:
            return
        if exchange.timeout >= _PATIENT and (left := exchange.left):
            self._expecting.expect(left)

    def lost(self, reason: str | None) -> None:
        if self._lost is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._lost = f"the line {self.port.name} is gone: {reason or 'closed'}{self._last_words()}"
        if self._exchange is not None:
            self._exchange.fail(LineLostError(self._lost))
        self._urcs.lost(self._lost)

    def _last_words(self) -> str:
        """What a far side said that never answered anything: why it refused us, most likely."""
        text = self.last_heard.decode("latin-1").strip()
        if self.answered or not text or not text.isprintable():
            return ""
        return f"; it said: {text}"

    def _handle(self, event: Event) -> None:
        exchange = self._exchange
        if isinstance(event, Unsolicited):
            self._log("<", event.text)
            self._owed.hear(event.text)
            self._announce(event.text, event.urc)
            return
        if isinstance(event, Received):
            tell(self._received_calls, event)
            return
        if exchange is None:
            return
        if (
            exchange.final is not None
            and self._owed
            and isinstance(event, Echo | Information | BodyStart | Prompt)
        ):
            exchange.start_over()
            self._owed.came()
        match event:
            case Final():
                self.answered = True
                if exchange.announced is not None:
                    self._log("<", f"({exchange.got} bytes)")
                self._log("<", event.text)
                if event.open:
                    self._may_be_late(exchange, event)
                else:
                    exchange.conclude(event)
            case BodyData(data):
                exchange.alive_at = self.clock.now()
                exchange.take(data)
            case Information(text):
                self._log("<", text)
                exchange.lines.append(text)
                if exchange.timeout > COMMAND_TIMEOUT and text[0] in "+*^":
                    # What takes so long has been done: the result is under way, or lost.
                    exchange.timeout, exchange.alive_at = COMMAND_TIMEOUT, self.clock.now()
                    self._look_at(exchange.alive_at, exchange.timeout)
            case BodyStart(header, length):
                if header:
                    self._log("<", header)
                    exchange.lines.append(header)
                exchange.announced = length
            case Prompt(text):
                self._log("<", text)
                exchange.asks_for_data()
            case Echo():
                exchange.echoed = True

    def _may_be_late(self, exchange: Exchange, final: Final) -> None:
        """A result that more may follow: it counts once the line is silent."""
        if self._owed.is_due:
            self._owed.came()  # its own line was in front of it
            return
        if exchange.final is not None and self._owed:
            self._owed.came()
            if exchange.lines or exchange.announced is not None:
                final = exchange.final  # the one with what was asked for is its own
        first, exchange.final = exchange.final is None, final
        if first:
            self._wait_for_silence(exchange)

    def _wait_for_silence(self, exchange: Exchange) -> None:
        heard = self.heard
        wait = SETTLE if exchange.has_what_was_asked else LATE_SETTLE

        def look() -> None:
            if exchange.final is None or exchange.is_over:
                return
            if self.heard == heard:
                exchange.conclude(exchange.final)
            else:
                self._wait_for_silence(exchange)

        exchange.silence = self.clock.call_later(wait, look)

    def _announce(self, text: str, urc: Urc | None) -> None:
        self.active_at = self.clock.now()
        if self._starts.has_begun(text, urc):
            self.restarts += 1
            self._owed.forget()
        elif isinstance(urc, Ready):
            urc = None  # said once more: no news to who waits
        self._urcs.announce(text, urc)

    # --- inside an exchange ---------------------------------------------------------------------

    def _begin(
        self,
        text: str,
        end: bytes,
        timeout: float,
        progress: Progress | None,
        *,
        raw: int = 0,
        probe: bool = False,
        now: float | None = None,
    ) -> Exchange:
        self.check_line()
        now = self.clock.now() if now is None else now
        exchange = Exchange(text, timeout, progress, now, self.restarts, probe=probe)
        self.data.unsent = 0
        self._owed.is_due = False
        owed = not probe and bool(self._owed)
        self._parser.begin(text, raw=raw, owed=owed)
        self._exchange = exchange
        self._log(">", text)
        self._look_at(now, timeout)
        self._write(text.encode() + end)
        return exchange

    def _end(self, exchange: Exchange) -> None:
        """Whatever happened: nothing is in flight now, and an unfinished answer leaves doubt.

        The results of a probe are counted by who sends it.
        """
        if exchange is not self._exchange:
            return  # its time was up
        self.active_at = self.clock.now()
        if exchange.silence is not None:
            exchange.silence.cancel()
            self._parser.end()
        self._exchange = None
        if exchange.reply is None:
            self._parser.end()
            if self._expecting is not None:
                self._expecting.expect(0)
            self._doubt.there = True
            # With a body under way the result was most likely taken for some of it, and a module
            # that has started since knows of no command.
            if exchange.announced is None and exchange.boot == self.restarts and not exchange.probe:
                self._owed.add(exchange.sent)
            for text, urc in urcs_after(exchange.last_bytes()):
                self._log("<", text)
                self._announce(text, urc)

    def _look_at(self, now: float, seconds: float) -> None:
        """Look at the time of the command in flight `seconds` after `now`, or before that."""
        if self._timer is not None:
            if self._timer_due <= now + seconds:
                return
            self._timer.cancel()
        self._timer_due = now + seconds
        self._timer = self.clock.call_later(seconds, self._check_time)

    def _check_time(self) -> None:
        self._timer = None
        exchange = self._exchange
        if exchange is None or exchange.is_over:
            return
        now = self.clock.now()
        left = exchange.alive_at + exchange.timeout - now
        if left > 1e-6:
            self._look_at(now, left)
        elif exchange.final is not None:
            exchange.conclude(exchange.final)
        else:
            came = exchange.came_so_far()
            exchange.fail(Timeout(f"{came} in {exchange.timeout:g} s", exchange.missing()))
            # At once: what comes before its task has heard of that is of no command any more.
            self._end(exchange)

    async def _probe(self, seconds: float) -> bool | None:
        """Whether `AT` is answered well; None when it is not answered."""
        doubt = self._doubt.there
        exchange = self._begin("AT", b"\r", seconds, None, probe=True)
        try:
            return (await exchange.answer()).ok
        except Timeout:
            self._parser.give_up_packet()
            return None
        finally:
            self._end(exchange)
            self._doubt.there = doubt

    async def _ask(self, text: str, seconds: float) -> Reply | None:
        """The answer to a command of our own; None, and a doubt, if there is none."""
        exchange = self._begin(text, b"\r", seconds, None)
        try:
            reply = await exchange.answer()
        except Timeout:
            return None
        finally:
            self._end(exchange)
        self.waking.hear(text, reply)
        return reply

    def _log(self, direction: str, text: str) -> None:
        if self._log_calls:
            tell(self._log_calls, LogEntry(self.clock.now(), direction, text))
