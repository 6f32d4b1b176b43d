"""What goes to the module, cut into command lines and data.

A state says what the next bytes are, and so whether they may be written down::

    COMMANDS ── a command that takes data ──> UNDECIDED ── its prompt ──> DATA
                                              UNDECIDED ── its result ──> COMMANDS
    DATA ── all came, or the result before ──> COMMANDS
    COMMANDS ── CONNECT ──> STREAM ── the end of transparent mode ──> COMMANDS

A host's end has no UNDECIDED: bytes may be lost before they are heard there, a prompt too.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from atwin.at.dialect.commands import CTRL_Z, ESC

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.trace.trace import Trace

#: Bytes of a line that are kept, and of what waits for a prompt.
_LONGEST_LINE, _MOST_WAITING = 8192, 65536

_CR, _LF = 0x0D, 0x0A
_LINE_END = re.compile(rb"[\r\n]")
#: A whole line in one piece, as programs write it; with nothing in it that was typed wrong.
_WHOLE = re.compile(rb"[^\r\n\x08]{1,1024}\r")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What is written down of the bytes to the module. The rule is narrow on purpose: after a prompt
#: that was lost, a line of a key file must not pass for a command. Settings as modem programs put
#: them in a row, `ATQ0 V1 E1 S0=0 &C1`, may be longer: a letter and a number each.
_SETTINGS = r"(?:(?:&[CDFKVW]|[EHLMQSVXZ])\d{1,3}(?:=\d{1,3})?[ ;]?)*"
_EXTENDED = r"[+*^][A-Z]\w*\s*(?:[=?;].*)?"
_COMMAND = re.compile(
    rf"AT(?:.{{0,14}}|[\w&; ]{{0,14}}{_EXTENDED}|{_SETTINGS}(?:{_EXTENDED})?)|A/", re.IGNORECASE
)


class Amount:
    """Data of one direction that come piece by piece and are one record."""

    def __init__(self, trace: Trace, direction: str) -> None:
        #: Bytes so far, and how many were announced.
        self.bytes = 0
        self.announced: int | None = None
        self._trace = trace
        self._direction = direction
        self._since: float | None = None

    def begin(self, announced: int | None = None) -> None:
        """They will come from now on."""
        self._since, self.announced = self._trace.now, announced

    def add(self, data: bytes | bytearray | memoryview) -> None:
        """More came."""
        if self._since is None:
            self.begin()
        self.bytes += len(data)

    @property
    def begun(self) -> bool:
        """Whether some came, or are to come."""
        return self._since is not None

    @property
    def age(self) -> float:
        """Seconds since the first of them."""
        return self._trace.now - self._since if self._since is not None and self.bytes else 0.0

    def end(self, text: str = "") -> None:
        """That was all; without any data nothing is recorded."""
        announced = self.announced
        if self._since is not None and (self.bytes or announced):
            took = round(self._trace.now - self._since, 6)
            numbers = {} if announced in (None, self.bytes) else {"announced": announced}
            self._trace.says("data", self._direction, text, bytes=self.bytes, took=took, **numbers)
        self.bytes, self._since, self.announced = 0, None, None


class TypedAs(Enum):
    """What the next bytes to the module are."""

    COMMANDS = "command lines"
    UNDECIDED = "not known until the module answers"
    DATA = "data that it has asked for"
    STREAM = "data without an end: transparent mode"


class Typed:
    """Counts data in `amount`, and calls `command` with what is shown and what is meant."""

    def __init__(self, amount: Amount, command: Callable[[str, str], None]) -> None:
        self.state = TypedAs.COMMANDS
        self._amount = amount
        self._command = command
        #: Not looked at yet, and the line that has begun.
        self._rest, self._line = bytearray(), bytearray()
        self._last_line = ""
        self._after_cr = False
        self._due, self._end = 0, b""
        #: Bytes that were looked at since it was made.
        self.consumed = 0

    def hear(self, data: bytes = b"") -> None:
        """Go through these bytes, and through those that waited; none of a stream."""
        waits = self._rest or self._line or self.state is not TypedAs.COMMANDS
        if not waits and _WHOLE.fullmatch(data):
            self._after_cr = True
            self.consumed += len(data)
            self._end_line(data[:-1])
            return
        self._rest += data
        while self._rest and self.state is not TypedAs.UNDECIDED:
            if self.state is TypedAs.DATA:
                self._take_data()
            elif not self._take_line():
                return
        if len(self._rest) > _MOST_WAITING:
            self._amount.add(self.forget())
            self._amount.end("nobody asked for")

    @property
    def waits(self) -> bool:
        """Whether there are bytes that were not looked at."""
        return bool(self._rest)

    @property
    def rests(self) -> bool:
        """Whether the next bytes begin a command line."""
        return self.state is TypedAs.COMMANDS and not self._rest and not self._line

    def passed(self, line: str) -> None:
        """A whole command line was taken elsewhere."""
        self._after_cr, self._last_line = True, line

    def turn(self, state: TypedAs) -> None:
        """What follows is that, unless it is a stream."""
        if self.state is not TypedAs.STREAM:
            self.state = state

    def asked(self, size: int, end: bytes) -> None:
        """The module asks for `size` bytes, or for all up to Ctrl-Z where there is an `end`."""
        self.turn(TypedAs.DATA if size else TypedAs.COMMANDS)
        self._due, self._end = size, end
        self._amount.begin()

    def data_over(self) -> None:
        """The data phase is over."""
        self.turn(TypedAs.COMMANDS)
        self._due = 0
        self._amount.end()

    def forget(self) -> bytes:
        """Drop what was not looked at; that is what comes back."""
        return self._consume(len(self._rest))

    def _consume(self, size: int) -> bytes:
        data = bytes(self._rest[:size])
        del self._rest[:size]
        self.consumed += size
        return data

    def cut(self) -> None:
        """The module was reset: whatever has begun will not end."""
        self.forget()
        self._line.clear()

    def _take_data(self) -> None:
        size, ends = min(self._due, len(self._rest)), False
        if self._end:
            found = [at for at in map(self._rest.find, (CTRL_Z, ESC)) if at >= 0]
            size, ends = min([*found, len(self._rest)]), bool(found)
        elif self._after_cr and self._rest[0] == _LF:
            self._consume(1)
            size = min(self._due, len(self._rest))
        self._after_cr = False
        self._amount.add(self._consume(size))
        self._consume(ends)
        self._due -= 0 if self._end else size
        if ends or not self._due:
            self.data_over()

    def _take_line(self) -> bool:
        """One line, if it is there; what has begun is kept for its end."""
        found = _LINE_END.search(self._rest)
        self._add_to_line(self._consume(found.start() if found else len(self._rest)))
        if found is None:
            if self._line.upper() == b"A/":
                self._line.clear()
                self._command("A/", self._last_line)
            return False
        self._after_cr = self._consume(1)[0] == _CR
        raw = bytes(self._line)
        self._line.clear()
        self._end_line(raw)
        return True

    def _end_line(self, raw: bytes) -> None:
        text, is_command = _read(raw)
        if is_command:
            self._last_line = text
            self._command(text, text)
        elif text:
            self._amount.add(raw)
            self._amount.end("no command")

    def _add_to_line(self, data: bytes) -> None:
        first, *edited = data.split(b"\x08")
        self._line += first
        for piece in edited:
            del self._line[-1:]
            self._line += piece
        del self._line[_LONGEST_LINE:]


def whole_command(data: bytes) -> str:
    """The text of a command line that is `data` and all of it; "" where it is none."""
    if not _WHOLE.fullmatch(data):
        return ""
    text, is_command = _read(data[:-1])
    return text if is_command else ""


# Hosts say the same again and again.
@lru_cache(maxsize=64)
def _read(raw: bytes) -> tuple[str, bool]:
    """A line without its end as text, and whether that is a command."""
    text = _decoded(raw).strip()
    return text, bool(_COMMAND.fullmatch(text)) and _CONTROL.search(text) is None


def _decoded(raw: bytes) -> str:
    """UTF-8 where it is, which a URL may hold; else a character a byte."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
