"""The module's buffer: HTTPDATA puts a body in, HTTPREAD and HTTPHEAD give the last response.

And how many bytes are asked for at a time once some got lost on the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from atwin.at.dialect.urcs import parse_urc
from atwin.at.lenient import lenient
from atwin.host.channel.channel import COMMAND_TIMEOUT
from atwin.host.errors import CommandRefusedError, NoAnswerError, UsageError
from atwin.host.headers import Headers
from atwin.line.frame import Frame

if TYPE_CHECKING:
    from atwin.host.channel.exchange import Progress, Reply
    from atwin.host.http.session import HttpSession

#: Bytes per second at which post data surely arrive: 9600 Bd.
_SLOWEST_LINE = 900
#: Seconds of silence after which bytes of a piece count as lost, on a line that is known to lose
#: some: the buffer is RAM, and the module gives from it at once.
_LOSSY_SECONDS = 3.0
#: Bytes of a body in an error text.
_EXCERPT = 120
#: Bytes at the end of a body that are read again.
_ENDS = (24, 17)
#: What a module says that has nothing more to give.
_NOTHING = lenient(r"\+HTTPREAD: 0")

#: How often bytes that do not arrive whole are asked for.
_TRIES = 6
#: Bytes of a piece after the first loss, half the FIFO a host usually has; at the least; and at the
#: least when the same piece got lost again.
_FIRST_CUT, _SMALL, _SMALLEST = 2048, 256, 64

#: A line that may be no part of the body it ends, and the bytes in which it is looked for.
_FRAMED_LINE = re.compile(rb"\r\n[A-Z+*^][^\r\n]{1,120}\r\n\Z")
_LONGEST_LINE: Final = 128

#: What helps against bytes that get lost on the line.
FLOW_ADVICE: Final = (
    "turn on flow control (--port PORT?flow=hardware, which sets AT+IFC=2,2),"
    " with RTS and CTS connected"
)


def line_at_end(body: bytes) -> bytes:
    """The end of `body` where it is a line with the frame of a URC; empty for any other end.

    Bytes that got lost on the line may have been counted as there by a URC that came meanwhile.
    """
    found = _FRAMED_LINE.search(body, max(0, len(body) - _LONGEST_LINE))
    return found[0] if found is not None else b""


def urc_at_end(body: bytes) -> bytes:
    """The same where it can hardly be text of a file."""
    line = line_at_end(body)
    text = line.decode("latin-1").strip()
    return line if text[:1] in ("+", "*", "^") or parse_urc(text) is not None else b""


class Buffer:
    """Reads the last response, and measures how fast it comes."""

    def __init__(self, session: HttpSession) -> None:
        self._session = session
        self._script = session.script
        #: Bytes of the body that are in it.
        self.length = 0
        #: Bytes per second of the last body that came; None before there was one.
        self.rate: float | None = None
        #: Bytes one command may give, where fewer than the module's limit; None for that limit.
        self.largest: int | None = None
        #: The line was seen to lose bytes.
        self.is_lossy = False
        #: The header block that was read last.
        self.last_head = b""

    def bytes_in(self, seconds: float) -> int | None:
        """How much of a body comes over the line in that time; None where nobody can tell.

        As it was measured, else by the port's rate: what a PTY, a network port or a module on USB
        says of its line means nothing.
        """
        of_port, rate = self._session.channel.rate, self.rate
        if rate is None and of_port is not None:
            rate = of_port / Frame().bits
        return None if rate is None else int(rate * seconds)

    async def load(self, data: bytes, progress: Progress | None = None) -> None:
        """HTTPDATA: put the body of a POST into the buffer.

        Raises `UsageError` above what the module takes, `CommandRefusedError` also when bytes
        were lost on the way.
        """
        size, most = len(data), self._session.limits.post_max
        if size > most:
            raise UsageError(f"{size} bytes to post, the module takes {most}")
        if not data:
            await self._script.step("AT+HTTPDATA=0,10000")
            return
        seconds = min(max(10, 2 * size // _SLOWEST_LINE), 120)
        began = self._session.channel.clock.now()
        reply = await self._script.give(
            f"AT+HTTPDATA={size},{seconds * 1000}",
            data,
            deadline=seconds + 9.0,
            progress=progress,
        )
        # The only sign of lost bytes is an OK that comes when the time is up.
        if self._session.channel.clock.now() - began >= seconds:
            raise self._script.refused(reply, f"not all of {size} bytes arrived: {FLOW_ADVICE}")

    async def read(self, length: int, *, first: int = 0) -> bytes:
        """HTTPREAD: `length` bytes from `first` on, in one piece if the limit allows.

        What does not arrive whole is read again: reading takes nothing out of the buffer. Raises
        `CommandRefusedError` when the module gives fewer, `NoAnswerError` when they keep getting
        lost on the line.
        """
        pieces: list[bytes] = []
        got = tries = 0
        while got < length:
            size = min(self.largest or self._session.limits.read_max, length - got)
            try:
                piece = await self._read_piece(first + got, size, got)
            except NoAnswerError as failure:
                tries += 1
                await self.lost(failure, size, tries)
            else:
                pieces.append(piece)
                got += len(piece)
                tries = 0
                if len(piece) < size:
                    self.largest = len(piece)  # it gives no more at a time than that
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _read_piece(self, start: int, size: int, got: int) -> bytes:
        def progress(count: int) -> None:
            if self._session.on_body is not None:
                self._session.on_body(got + count)

        ranged = "" if (start, size) == (0, self.length) else f"={start},{size}"
        deadline = _LOSSY_SECONDS if self.is_lossy else COMMAND_TIMEOUT
        reply = await self._measured_step(f"AT+HTTPREAD{ranged}", progress, deadline)
        body = reply.body or b""
        damaged = any(not _NOTHING.fullmatch(line) for line in reply.lines)
        if not body and (damaged or (self.is_lossy and not reply.lines)):
            # Its length was damaged on the way, and what followed was taken for lines, or lost.
            raise self._script.no_answer("a damaged answer", missing=size)
        if not 0 < len(body) <= size:
            raise self._script.refused(reply, f"{len(body)} bytes in the buffer, not {size}")
        await self._check_end(body, start)
        return body

    async def _check_end(self, body: bytes, start: int) -> None:
        """Read the end of `body` again where a URC may stand in place of lost bytes.

        By its count the body is whole then. On a line that is known to lose bytes the start of the
        URC may be lost as well, and its last byte is all that is sure. There the end is read twice,
        and never the same bytes: these may get lost again. Raises `NoAnswerError` when it is
        another one.
        """
        lossy = self.is_lossy and body.endswith(b"\n")
        if not lossy and not line_at_end(body):
            return
        for size in _ENDS if lossy else _ENDS[:1]:
            end = body[-size:]
            if await self._give(start + len(body) - len(end), len(end)) != end:
                raise self._script.no_answer("a URC in place of lost bytes", missing=len(end))

    async def _give(self, start: int, size: int) -> bytes | None:
        reply = await self._script.step(f"AT+HTTPREAD={start},{size}")
        return reply.body

    async def _measured_step(
        self, command: str, progress: Progress | None = None, deadline: float = COMMAND_TIMEOUT
    ) -> Reply:
        """A step whose body says how fast the line is."""
        clock = self._session.channel.clock
        began = clock.now()
        reply = await self._script.step(command, progress=progress, deadline=deadline)
        took = clock.now() - began
        if reply.body and took:
            self.rate = len(reply.body) / took
        return reply

    async def excerpt(self, length: int) -> str:
        """The begin of the body, printable, for an error text."""
        size = min(_EXCERPT, length, self._session.limits.read_max)
        if not size:
            return ""
        text = (await self._give(0, size) or b"").decode("utf-8", "replace")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())

    async def lost(self, failure: NoAnswerError, size: int, tries: int) -> None:
        """Ask for smaller pieces from now on: the host's own FIFO may hold one of those.

        Raises `NoAnswerError` when that has not helped.
        """
        note = self._session.on_note
        lost = f"bytes lost on the line: {failure.missing} of {size}; {FLOW_ADVICE}"
        note(lost if failure.missing else f"{failure.came}; reading again")
        if tries == _TRIES:
            advice = f"bytes get lost on the line: {FLOW_ADVICE}" if failure.missing else None
            raise failure.reword(came=f"{failure.came}, {_TRIES} times", advice=advice)
        await self.doubtful()
        if tries > 1 or failure.missing:
            self.is_lossy = True
            self.largest = max(_SMALL if tries == 1 else _SMALLEST, min(size // 2, _FIRST_CUT))

    async def doubtful(self) -> None:
        """A body did not come, or cannot go: what this line has against it is undone."""
        if self._session.on_loss is not None and (done := await self._session.on_loss()):
            self._session.on_note(done)

    async def headers(self) -> Headers:
        """HTTPHEAD: the header block of the last response; empty when the module tells none.

        Raises `NoAnswerError`.
        """
        try:
            reply = await self._measured_step("AT+HTTPHEAD")
        except CommandRefusedError:
            return Headers()
        self.last_head = reply.body or b""
        return Headers(self.last_head)
