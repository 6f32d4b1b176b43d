"""Sending (docs/spec/network.md §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.commands import SIGN
from atwin.at.dialect.results import DataAccept, SendFail, SendOk
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, OneOf, Range
from atwin.at.reply import AtError, CmeError, Collect, Reply, frame_prompt
from atwin.twin.chapters.tcp.commands import at_most, number_in, split_number
from atwin.twin.chapters.tcp.link import PACKET
from atwin.twin.chapters.tcp.service import NUMBERS, Sockets
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.link import Link

#: Values of AT+CIPQSEND and AT+CIPSPRT.
_DATA_ACCEPT, _CONFIRMED = 1, 2
_NO_PROMPT, _SILENT = 0, 2


class SendCommands(Commands):
    """Sending packets of at most 1460 bytes (docs/spec/network.md §5)."""

    title = "TCP/UDP sending"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)
        self.values = self._sockets.settings

    @command.set("+CIPSEND", bare=True, last=True)
    def send(
        self,
        number_or_length: Annotated[Argument | None, Late(Range(0, PACKET))] = None,
        length: Annotated[Argument | None, Late(Range(1, PACKET))] = None,
    ) -> Collect:
        """Send [n] and <length> bytes after the prompt `> `, or what is typed up to Ctrl-Z.

        ESC gives up what is typed without a length. AT+CIPATS ends both after a while. Answered as
        AT+CIPQSEND has it, or `SEND FAIL`.
        """
        sockets = self._sockets
        if sockets.multi and number_or_length is None:
            raise AtError
        number, rest = split_number(number_or_length, length, multi=sockets.multi)
        at_most(rest, 1)
        size = number_in(rest[0], 1, PACKET) if rest else None
        link = sockets.connected(number)
        if sockets.settings.mode:
            raise CmeError(Cme.NOT_ALLOWED)
        prompt = b""
        if sockets.settings.prompt not in (_NO_PROMPT, _SILENT):
            prompt = frame_prompt(SIGN, blank=True)

        async def done(data: bytes) -> Reply:
            return await self._send(link, data)

        ends = size is None or sockets.run.profile.has("ats_ends_length")
        on = sockets.settings.auto_send and ends
        seconds = float(sockets.settings.auto_send_time) if on else None
        return Collect(prompt, size or PACKET, seconds, done, typed=size is None)

    async def _send(self, link: Link, data: bytes) -> Reply:
        sockets = self._sockets
        clock, mode = sockets.run.hardware.clock, sockets.settings.quick_send
        fits = len(data) <= PACKET and link.alive
        if not fits or not await link.send(clock, data, confirmed=mode == _CONFIRMED):
            return Reply(final=str(SendFail(sockets.number(link))))
        if sockets.settings.prompt == _SILENT:
            return Reply(final=None)
        if mode == _DATA_ACCEPT:
            return Reply(final=str(DataAccept(sockets.number(link), len(data))))
        return Reply(final=str(SendOk(sockets.number(link))))

    @command.read("+CIPSEND")
    def largest(self) -> Reply:
        """The bytes of a packet; with several links one line each."""
        if not self._sockets.multi:
            return Reply((f"+CIPSEND: {PACKET}",))
        return Reply(tuple(f"+CIPSEND: {number},{PACKET}" for number in NUMBERS))

    @command.test("+CIPSEND")
    def send_range(self) -> str:
        """What AT+CIPSEND takes."""
        return "+CIPSEND: <0-7>,<length>" if self._sockets.multi else "+CIPSEND: <length>"

    quick_send = command.Setting(
        "+CIPQSEND",
        "mode",
        OneOf(0, 1, 2),
        "Result of CIPSEND: 0 SEND OK, 1 DATA ACCEPT, both at once; 2 SEND OK when confirmed.",
    )
    prompt = command.Setting(
        "+CIPSPRT",
        "mode",
        OneOf(0, 1, 2),
        "CIPSEND: 0 without prompt, 1 with prompt and result, 2 without prompt and SEND OK.",
    )

    @command.set("+CIPATS", test=True)
    def set_auto_send(
        self,
        on: Annotated[int, OneOf(0, 1)],
        seconds: Annotated[int | None, Range(1, 100)] = None,
    ) -> None:
        """Send what CIPSEND has after this many seconds, without Ctrl-Z or short of its length."""
        settings = self._sockets.settings
        settings.auto_send = on
        settings.auto_send_time = seconds or settings.auto_send_time or on

    @command.read("+CIPATS")
    def auto_send(self) -> str:
        """Off or on, and the seconds."""
        return self._sockets.settings.line("+CIPATS")

    @command.set("+CIPACK", bare=True)
    def confirmed(self, number: Annotated[int | None, OneOf(*NUMBERS)] = None) -> str:
        """Bytes sent since the link was opened, confirmed by the peer, and not confirmed."""
        if self._sockets.multi != (number is not None):
            raise BadArgument("with several links the number of one must be given, and only then")
        link = self._sockets.links.get(number or 0)
        if link is None:
            return "+CIPACK: 0,0,0"
        missing = link.unacknowledged
        return f"+CIPACK: {link.sent},{link.sent - missing},{missing}"
