"""A script at work in a twin: what it answers, what it says, and what never came to pass."""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from atwin.at.reply import AtError, Collect, Reply, literal
from atwin.text import masked, shown
from atwin.twin.script.written import CTRL_Z, MOST_DATA, Saying, Script, ScriptError, Stub

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from atwin.at.grammar import Command
    from atwin.at.reply import Answer
    from atwin.twin.module import Module
    from atwin.twin.script.written import Lines

log = logging.getLogger("atwin.twin")

#: Answers, and URCs that are to come.
_MOST = 1000
#: Seconds that a data phase waits for its data.
_DATA_TIME = 60.0
#: What is not a name of a command.
_MALFORMED = re.compile(r"[+*^](?!\w+$)")
#: Characters of a command in the log.
_SHOWN = 200


class Scripted:
    """One answer or URC of a script, and how often it was met.

    `came` counts the commands that fit it, `happened` how often it answered or spoke. `data` is
    what its prompt was given last.
    """

    def __init__(self, row: Stub | Saying) -> None:
        self.row = row
        self.came = self.happened = 0
        self.data = b""
        #: Whether it was taken back.
        self.over = False
        self._pattern = row.pattern()

    def meets(self, command: str) -> bool:
        """Whether `command` fits, and it is its turn. Counts the command."""
        if self._pattern is None or not self._pattern.fits(command):
            return False
        self.came += 1
        return self.came > self.row.after and self.happened != self.row.times

    @property
    def why_never(self) -> str | None:
        """Why it has not happened, and what to do; None when it has."""
        if self.happened:
            return None
        if self.row.command is None:
            return "the run was over before, or the module off; choose an earlier at_time"
        if not self.came:
            return "no such command came; is the pattern right, and the match?"
        if self.came <= self.row.after:
            return f"{self.came} such commands came; choose a lower after"
        return "another answer in front of it took all such commands"


class Answers:
    """The scripted answers and URCs of one twin; they outlast its restarts."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._hardware = module.hardware
        #: The newest of those that were added one by one come first, then a file's in its order.
        self._scripted: list[Scripted] = []
        self._lets_pass = False
        taps = module.hardware.taps
        taps.answer, taps.lets_pass = self._answer, self._passes

    def follow(self, script: Script) -> None:
        """All of a file, from now on, after what is there already."""
        self._lets_pass |= script.lets_pass
        rows: tuple[Stub | Saying, ...] = (*script.stubs, *script.sayings)
        begun = [Scripted(row) for row in rows]
        self._scripted.extend(begun)
        for scripted in begun:
            self._begin_saying(scripted)

    def add(self, row: Stub | Saying) -> Scripted:
        """One more, which comes first. Raises `ScriptError` when there are too many."""
        if len(self._scripted) >= _MOST:
            raise ScriptError(f"at most {_MOST} answers and URCs at a time: clear some")
        scripted = Scripted(row)
        self._scripted.insert(0, scripted)
        self._begin_saying(scripted)
        return scripted

    def clear(self) -> None:
        """Nothing is scripted any more; an answer that has begun goes on."""
        for scripted in self._scripted:
            scripted.over = True
        self._scripted.clear()
        self._lets_pass = False

    @property
    def scripted(self) -> tuple[Scripted, ...]:
        """All there are, in the order they are asked."""
        return tuple(self._scripted)

    @property
    def state(self) -> list[dict[str, Any]]:
        """For JSON."""
        return [
            {"name": masked(one.row.name), "came": one.came, "happened": one.happened}
            for one in self._scripted
        ]

    # --- at work --------------------------------------------------------------------------------

    def _begin_saying(self, scripted: Scripted) -> None:
        row = scripted.row
        if isinstance(row, Saying) and row.command is None:
            self._say_later(scripted, (row.at_time or 0) + row.delay, row.text)

    def _answer(self, command: Command) -> Reply | Collect | Awaitable[Answer] | None:
        """What a stub says to `command`; None where none does."""
        text = f"AT{command.text()}"
        found: tuple[Scripted, Stub] | None = None
        said: list[tuple[Scripted, Saying]] = []
        for scripted in self._scripted:
            row = scripted.row
            if scripted.meets(text) and (found is None or isinstance(row, Saying)):
                scripted.happened += 1
                if isinstance(row, Saying):
                    said.append((scripted, row))
                else:
                    found = scripted, row
        if found is not None:
            self._tell("answers", text, found[1].name)
        for scripted, saying in said:
            self._say_later(scripted, saying.delay, saying.text)
        return None if found is None else self._begin(*found)

    def _begin(self, scripted: Scripted, stub: Stub) -> Reply | Collect | Awaitable[Answer]:
        if stub.prompt is None:
            return self._go_on(scripted, stub)

        def done(data: bytes) -> Answer | Awaitable[Answer]:
            scripted.data = data
            if isinstance(stub.data, int) and len(data) < stub.data:
                raise AtError
            return self._go_on(scripted, stub)

        size = stub.data if isinstance(stub.data, int) else MOST_DATA
        return Collect(stub.asks(), size, _DATA_TIME, done, typed=stub.data == CTRL_Z)

    def _go_on(self, scripted: Scripted, stub: Stub) -> Reply | Awaitable[Answer]:
        return self._delayed(scripted, stub) if stub.delay else self._end(scripted, stub)

    async def _delayed(self, scripted: Scripted, stub: Stub) -> Answer:
        await self._hardware.clock.sleep(stub.delay)
        return self._end(scripted, stub)

    def _end(self, scripted: Scripted, stub: Stub) -> Reply:
        if stub.urc:
            self._say_later(scripted, stub.urc_delay, stub.urc)
        return literal(*stub.answer())

    def _passes(self, command: Command) -> bool:
        """Whether a command that the module does not know is answered OK."""
        # What begins as a command of a family and has no such form is wrong, not unknown.
        if not self._lets_pass or _MALFORMED.match(command.name):
            return False
        self._tell("lets pass", f"AT{command.text()}", "unknown")
        return True

    # --- URCs -----------------------------------------------------------------------------------

    def _say_later(self, scripted: Scripted, seconds: float, text: Lines) -> None:
        say = partial(self._say, scripted, (text,) if isinstance(text, str) else tuple(text))
        if seconds:
            self._hardware.clock.call_later(seconds, say)
        else:
            say()

    def _say(self, scripted: Scripted, lines: tuple[str, ...]) -> None:
        if scripted.over:
            return
        firmware = self._module.firmware
        if firmware is None or self._module.hung:
            log.info("the module is off and does not say %s", shown(masked(lines[0]), limit=_SHOWN))
            return
        if scripted.row.command is None:
            # It is over: a test may say thousands.
            scripted.happened += 1
            self._scripted.remove(scripted)
        for line in lines:
            self._tell("says", line, "urc")
            firmware.line.urc_of_text(line)

    def _tell(self, event: str, text: str, by: str) -> None:
        log.info("script %s %s", event, shown(masked(text), limit=_SHOWN))
        self._hardware.trace.notes("script", event, text=text, by=by)
