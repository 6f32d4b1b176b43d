"""A second AT port of the module, on real ones a USB port: for a person beside the host.

Command lines come and go here without the UART, whatever that is busy with; what a command does
is what it would do there. URCs stay on the UART, and so does whatever is set for it: echo, quiet
and short results mean nothing here, the mode of error results (AT+CMEE) is one for both.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atwin.at.cme import Wording
from atwin.at.dialect.results import ERROR, OK
from atwin.at.grammar import MalformedLine
from atwin.at.reply import ANSWERS, AtError, Block, Collect, Reply, frame_error
from atwin.twin.engine.execution import as_error, execute, parsed
from atwin.twin.engine.run import ChapterService, Run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.at.grammar import Command
    from atwin.at.reply import Answer

#: Characters of a command line, and bytes of a body that are shown.
_LONGEST, _MOST_BODY = 4096, 65536


class SecondPort(ChapterService):
    """Answers one command line at a time; whoever comes meanwhile waits for their turn."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._turn = asyncio.Lock()

    async def ask(
        self, line: str, seconds: float, data: bytes | None = None
    ) -> tuple[list[str], str]:
        """The lines that `line` is answered with, and its result; "" for none.

        A body is one of the lines. `data` follows a prompt. A command that has no answer within
        `seconds` is given up. Raises `ValueError` if it is not a command line, and for a prompt
        without data of its size; `TimeoutError`; `RuntimeError` when the run ends before.
        """
        commands = self._commands(line)
        trace = self.run.hardware.trace
        try:
            async with asyncio.timeout(seconds), self._turn:
                trace.says("typed", ">", line)
                said = await self._run_line(commands, data)
        except TimeoutError:
            raise TimeoutError(f"no answer within {seconds:g} s: {line}") from None
        for text in (*said.told, said.result):
            if text:
                trace.says("typed", "<", text)
        if said.after is not None:
            said.after()
        if said.asks is not None:
            raise ValueError(said.asks)
        return said.lines, said.result

    @property
    def at_work(self) -> bool:
        return self._turn.locked()

    def _commands(self, line: str) -> tuple[Command, ...] | None:
        """Raises `ValueError`; None for a line that is answered ERROR."""
        if not (line.isascii() and line.isprintable()) or len(line) > _LONGEST:
            raise ValueError(f"a command line is at most {_LONGEST} characters of printable ASCII")
        try:
            commands = parsed(self.run, line)
        except MalformedLine:
            return None
        if commands is None:
            raise ValueError("a command line begins with AT, such as AT+CSQ")
        return commands

    async def _run_line(self, commands: tuple[Command, ...] | None, data: bytes | None) -> _Said:
        if not self.run.line.alive:
            raise RuntimeError("the module does not take commands yet, or hangs")
        said = _Said(self.run, data)
        if commands is None:
            said.result = ERROR
            return said
        work = self.run.spawn(said.by(commands))
        try:
            await asyncio.wait((work,))
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait((work,))
            raise
        if work.cancelled():
            raise RuntimeError("the module went off, or hangs, before it answered")
        return said


@dataclass(slots=True)
class _Said:
    """The answer to one line."""

    run: Run
    data: bytes | None
    lines: list[str] = field(default_factory=list)
    #: The same without bodies.
    told: list[str] = field(default_factory=list)
    result: str = OK
    after: Callable[[], None] | None = None
    #: That there is no data for its prompt.
    asks: str | None = None

    async def by(self, commands: tuple[Command, ...]) -> None:
        """Run them, up to the first that ends the line."""
        command_tap = self.run.hardware.taps.command
        try:
            for number, command in enumerate(commands, 1):
                if command_tap is not None:
                    command_tap(command)
                    await asyncio.sleep(0)  # a fault may have ended the run
                answer = execute(self.run, command, last=number == len(commands))
                if not await self._goes_on(answer):
                    return
        except Exception as error:
            self._fails(as_error(error))

    async def _goes_on(self, answer: Answer | Awaitable[Answer]) -> bool:
        """Take an answer; whether the next command follows."""
        if not isinstance(answer, ANSWERS):
            answer = await answer
        match answer:
            case Collect():
                if not self._fits(answer):
                    return False
                return await self._goes_on(answer.done(self.data or b""))
            case Block():
                self._take(answer)
                return True
            case None:
                answer = Reply()
            case str():
                answer = Reply((answer,))
        if answer.takes_line:
            # The line of the host is not ours to give.
            raise AtError
        self._say(*answer.lines, *answer.trailer)
        self.result, self.after = answer.final or "", answer.after
        return answer.after is None

    def _fits(self, prompt: Collect) -> bool:
        size = prompt.size
        if prompt.typed:
            if self.data is not None and len(self.data) <= size:
                return True
            self.asks = f"the command asks for data: give at most {size} bytes"
        elif self.data is not None and len(self.data) == size:
            return True
        else:
            self.asks = f"the command asks for data: give {size} bytes"
        self.result = ""
        return False

    def _take(self, block: Block) -> None:
        if block.header is not None:
            self._say(str(block.header))
        size = len(block.data)
        body = block.data[:_MOST_BODY].decode("latin-1")
        self.lines.append(body if size <= _MOST_BODY else f"{body}… ({size} bytes)")

    def _fails(self, error: AtError) -> None:
        profile = self.run.profile
        texts = profile.choice("cme_texts")
        wording = Wording(texts == "engine", profile.has("cms_text_always"))
        framed = frame_error(error, _Results(self.run.settings.cmee), wording)
        *lines, self.result = framed.decode("latin-1").split("\r\n")[1:-1]
        self._say(*filter(None, lines))

    def _say(self, *lines: str) -> None:
        self.lines += lines
        self.told += lines


@dataclass(slots=True)
class _Results:
    """How results look here."""

    cmee: int
    verbose: bool = True
    quiet: bool = False
