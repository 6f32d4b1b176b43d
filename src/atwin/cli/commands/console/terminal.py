"""What both consoles share: lines to the module, and what it says made readable."""

import asyncio
from collections.abc import Callable
from enum import Enum

from atwin.at.answers import AnswerParser
from atwin.at.events import (
    BodyData,
    BodyStart,
    Event,
    Final,
    Information,
    Prompt,
    Received,
    Unsolicited,
)
from atwin.cli.commands.console.readable import SHOWN_WHOLE, readable
from atwin.disk.whole import read_input
from atwin.line.port import Port

#: Bytes of a file that is sent as data.
_LARGEST_DATA = 64 << 20


class Mark(Enum):
    """Who said it."""

    SENT = ">"
    DATA = "="
    ANSWER = "<"
    URC = "!"


class NoAnswer(Exception):  # noqa: N818 - what happened, not whose fault
    """The module fell silent, or the line to it broke."""


class Terminal:
    """Sends what is entered and calls `show` for each line in either direction."""

    def __init__(self, port: Port, show: Callable[[Mark, str], None]) -> None:
        self.lost_reason: str | None = None
        #: Commands that were answered, and those of them that were refused.
        self.answered = self.refused = 0
        #: Bytes the module still expects after its prompt.
        self.data_due = 0
        self._port = port
        self._show = show
        self._parser = AnswerParser()
        #: What ends the data that the module expects, where their number does not.
        self._end = b""
        self._packet = bytearray()
        self._body = bytearray()
        self._body_size = self._body_left = 0
        self._waiting_for_result = self._waiting_for_urc = False
        self._news = asyncio.Event()
        port.start(self)

    async def settled(self, silence: float) -> None:
        """Wait until the next line can be entered without running into an answer.

        Raises `NoAnswer` when the port is gone, or nothing came for `silence` seconds.
        """
        while self.lost_reason is None:
            if self.data_due or not (self._waiting_for_result or self._waiting_for_urc):
                return
            self._news.clear()
            try:
                async with asyncio.timeout(silence):
                    await self._news.wait()
            except TimeoutError:
                raise NoAnswer(f"no answer for {silence:g} s; is the module powered?") from None
        raise NoAnswer(f"the line is gone: {self.lost_reason}")

    def enter(self, line: str) -> None:
        """Send a typed line: a command, or data when the module asked for some.

        Raises `DiskError` for a data file that cannot be read.
        """
        if self.data_due:
            self._enter_data(line)
        elif line.strip():
            self._enter_command(line)

    def _enter_command(self, line: str) -> None:
        self._body.clear()
        self._body_left = 0
        self._waiting_for_urc = False
        self._parser.begin(line)
        self._waiting_for_result = self._parser.command.expected.answered
        self._show(Mark.SENT, line)
        # With CR LF no LF at the start of data can be taken for the end of this line
        # (docs/spec/uart.md §1).
        self._port.write(_encoded(line) + b"\r\n")

    def _enter_data(self, line: str) -> None:
        if line.startswith("@") and not line.startswith("@@"):
            data = read_input(line[1:], _LARGEST_DATA)[: self.data_due]
            self._show(Mark.SENT, f"({len(data)} bytes of {line[1:]})")
        else:
            end = b"" if self._end else b"\r\n"
            data = (_encoded(line.removeprefix("@")) + end)[: self.data_due]
            self._show(Mark.DATA, line)
        if self._end:
            data += self._end
            self.data_due = 0
        else:
            self.data_due -= len(data)
        self._port.write(data)

    # --- from the port --------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        for event in self._parser.feed(data):
            self._handle(event)
        self._news.set()

    def lost(self, reason: str | None) -> None:
        self.lost_reason = reason or "the other end closed it"
        self._news.set()

    def _handle(self, event: Event) -> None:
        match event:
            case Information(text):
                self._show(Mark.ANSWER, text)
            case Unsolicited(text, urc):
                self._show(Mark.URC, text)
                if isinstance(urc, self._parser.command.expected.shape.closing):
                    self._waiting_for_urc = False
            case Prompt(text):
                self._show(Mark.ANSWER, text)
                multi = bool(self._parser.command.multi)
                self.data_due, self._end = self._parser.command.expected.data(multi=multi)
            case BodyStart(header, length):
                self._show(Mark.ANSWER, header)
                self._body_size = self._body_left = length
            case BodyData(data):
                self._take_body(data)
            case Received(link, data, left):
                self._take_packet(link, data, left)
            case Final(text, ok):
                self._show(Mark.ANSWER, text)
                self.data_due = 0
                self._waiting_for_result = False
                self.answered += 1
                self.refused += not ok
                self._waiting_for_urc = ok and self._parser.command.expected.shape.closing != ()

    def _take_packet(self, link: int | None, data: memoryview, left: int) -> None:
        self._packet += data[: max(0, SHOWN_WHOLE - len(self._packet))]
        if left == 0:
            packet, self._packet = bytes(self._packet), bytearray()
            who = "received: " if link is None else f"link {link}: "
            for line in readable(packet, len(packet)):
                self._show(Mark.URC, who + line)

    def _take_body(self, data: memoryview) -> None:
        room = max(0, SHOWN_WHOLE - len(self._body))
        self._body += data[:room]
        self._body_left -= len(data)
        if self._body_left == 0:
            for line in readable(bytes(self._body), self._body_size):
                self._show(Mark.ANSWER, line)


def _encoded(line: str) -> bytes:
    """UTF-8 as typed; bytes of another encoding in piped input come through unchanged."""
    return line.encode("utf-8", "surrogateescape")
