"""One command: its answer, while it comes and as a whole, and the data it takes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.line.frame import USUAL_RATE, Frame

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from atwin.at.events import Final
    from atwin.clock.base import Timer
    from atwin.host.channel.channel import Channel

    #: Hears how many bytes of a counted body have come or gone.
    Progress = Callable[[int], None]

#: What follows a counted body; when bytes of the body were lost, it is taken for its end.
_OK_TAIL = b"\r\nOK\r\n"
#: Bytes that follow it at least.
_LEAST_AFTER = len(_OK_TAIL)

#: Lines of an answer that an error text shows, and characters.
_LINES_TOLD, _LONGEST_TOLD = 3, 200
#: How far back from its end a body that came short is searched for what followed it.
_LAST_PIECES, _LAST_BYTES = 512, 512

#: Data phases are written in pieces of this many bytes.
DATA_PIECE = 4096


class Timeout(Exception):  # noqa: N818 - becomes a NoAnswerError where the script is known
    """Nothing, or not enough, came in time; the text says what did.

    `missing` is how many bytes of an announced body did not come.
    """

    def __init__(self, text: str, missing: int = 0) -> None:
        super().__init__(text)
        self.missing = missing


# Not frozen: each is made for one who asked, and that takes a quarter of the time.
@dataclass(slots=True, unsafe_hash=True)
class Reply:
    """A whole answer. `body` is the counted body, None when none came.

    `echoed`: the command came back too; `prompted`: the module asked for its data.
    """

    lines: tuple[str, ...]
    final: Final
    body: bytes | None = None
    echoed: bool = False
    prompted: bool = False

    @property
    def ok(self) -> bool:
        """Whether the command ended well."""
        return self.final.ok

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first information line that `pattern` fits wholly; the others are of something else.

        A module prints what it likes between a command and its result.
        """
        return next((match for line in self.lines if (match := pattern.fullmatch(line))), None)

    def value(self, name: str) -> str | None:
        """What the first line of `name` (`+CPIN`) says after its colon; None where none does."""
        for line in self.lines:
            head, colon, value = line.partition(":")
            if colon and head.strip().upper() == name.upper():
                return value.strip()
        return None

    @property
    def told(self) -> str:
        """All of it in a few words, for an error text."""
        shown = " / ".join(self.lines[:_LINES_TOLD]) or self.final.text
        return shown if len(shown) <= _LONGEST_TOLD else f"{shown[:_LONGEST_TOLD]}…"


class Exchange:
    """The command in flight.

    Its answer may be there before anybody waits for it, so it has no future until somebody does.
    """

    #: The whole answer, or why there will be none.
    reply: Reply | None = None
    error: Exception | None = None
    #: A result that need not be the last.
    final: Final | None = None
    silence: Timer | None = None
    #: Bytes of the counted body, and those that came.
    announced: int | None = None
    got = 0
    echoed = asked_for_data = False
    _news: asyncio.Future[None] | None = None

    def __init__(
        self,
        sent: str,
        timeout: float,
        progress: Progress | None,
        now: float,
        boot: int,
        *,
        probe: bool = False,
    ) -> None:
        """`boot` is how often the module was heard to start before."""
        self.sent = sent
        self.timeout = timeout
        self.progress = progress
        self.alive_at = now
        self.boot = boot
        self.probe = probe
        self.lines: list[str] = []
        self.pieces: list[memoryview] = []

    @property
    def is_over(self) -> bool:
        """Whether there is an answer, or will be none."""
        return self.reply is not None or self.error is not None

    async def answer(self) -> Reply:
        """The whole answer, when it is there. Raises what it failed with."""
        while self.reply is None:
            if self.error is not None:
                raise self.error
            await self.news()
        return self.reply

    async def prompt(self) -> bool:
        """Whether the module asks for its data; False: it has answered. Raises as `answer` does."""
        while not self.asked_for_data:
            if self.is_over:
                await self.answer()
                return False
            await self.news()
        return True

    async def news(self) -> None:
        """Wait until there is some: `stir` was called."""
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def stir(self) -> None:
        """Let who waits look again."""
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def asks_for_data(self) -> None:
        """Its prompt came."""
        self.asked_for_data = True
        self.stir()

    def start_over(self) -> None:
        """What came so far was the answer of an earlier command."""
        self.final = self.announced = None
        self.got = 0
        self.lines.clear()
        self.pieces.clear()

    def fail(self, error: Exception) -> None:
        """There will be none."""
        if not self.is_over:
            self.error = error
            self.stir()

    def take(self, data: memoryview) -> None:
        """The next bytes of the counted body."""
        self.got += len(data)
        self.pieces.append(data)
        if self.progress is not None:
            try:
                self.progress(self.got)
            except Exception as error:
                self.fail(error)

    @property
    def left(self) -> int:
        """Bytes that will come at least before the answer is whole; 0 where nobody can tell."""
        if self.announced is None or self.got >= self.announced:
            return 0
        return self.announced - self.got + _LEAST_AFTER

    def last_bytes(self) -> bytes:
        """The end of the body so far; it may hold what followed it, when bytes of it were lost."""
        return b"".join(self.pieces[-_LAST_PIECES:])[-_LAST_BYTES:]

    def missing(self) -> int:
        """Bytes of the announced body that did not come; the line's end is not one of them.

        At least one: with a whole body its result would have come too.
        """
        if self.announced is None:
            return 0
        tail = b"".join(self.pieces[-8:])[-len(_OK_TAIL) :]
        return max(1, self.announced - self.got + (len(_OK_TAIL) if tail == _OK_TAIL else 0))

    def came_so_far(self) -> str:
        """For the error text."""
        if self.announced is not None and self.got >= self.announced:
            return f"all {self.announced} announced bytes and no result"
        if self.announced is not None:
            return f"only {self.got} of {self.announced} announced bytes"
        if self.asked_for_data and not self.lines:
            return "the prompt for data and no result"
        return " / ".join(self.lines[-3:]) if self.lines else "nothing"

    @property
    def has_what_was_asked(self) -> bool:
        """Whether more than a bare result came, or nothing more was asked for."""
        return bool(self.lines) or self.announced is not None or not self.sent.endswith("?")

    def conclude(self, final: Final) -> None:
        """That was the answer; a damaged body is not an answer."""
        if self.is_over:
            return
        if not final.damaged:
            body = None if self.announced is None else b"".join(self.pieces)
            self.reply = Reply(tuple(self.lines), final, body, self.echoed, self.asked_for_data)
            self.stir()
        elif final.unframed:
            self.fail(
                Timeout(
                    f"no CR LF after a body of {self.got} bytes: the module left it out, or two"
                    " bytes of the body are missing"
                )
            )
        else:
            # Others were counted in their place, so all of it is worth nothing.
            self.fail(Timeout("bytes of the body were lost", missing=1))


class DataPhase:
    """What of its data the module still waits for."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        #: Bytes.
        self.unsent = 0

    @property
    def time(self) -> float:
        """Seconds of the line for what it still waits for; 0: for nothing."""
        return self.unsent * Frame().bits / (self._channel.rate or USUAL_RATE)

    async def send(self, data: bytes, progress: Progress | None, exchange: Exchange) -> None:
        """All of `data`, unless the answer comes first: an error, the end of the time, a lost line.

        `progress` hears how much is on its way.
        """
        sending = asyncio.ensure_future(self._write(memoryview(data), progress))
        sending.add_done_callback(lambda _: exchange.stir())
        try:
            while not (sending.done() or exchange.is_over):
                await exchange.news()
            if sending.done():
                sending.result()
        finally:
            sending.cancel()

    async def _write(self, data: memoryview, progress: Progress | None) -> None:
        for start in range(0, len(data), DATA_PIECE):
            await self._write_piece(data[start : start + DATA_PIECE])
            if progress is not None:
                progress(min(start + DATA_PIECE, len(data)))

    async def _write_piece(self, piece: bytes | memoryview) -> None:
        self._channel.port.write(piece)
        self.unsent -= len(piece)
        await self._channel.port.drain()

    async def end(self, longest: float) -> None:
        """Fill up a phase that was broken off, so that the module takes commands again.

        One that would take more than `longest` seconds is left to its own time. Raises
        `LineLostError`.
        """
        if self.time > longest:
            self.unsent = 0
        while self.unsent:
            self._channel.check_line()
            await self._write_piece(b"\r" * min(self.unsent, DATA_PIECE))
