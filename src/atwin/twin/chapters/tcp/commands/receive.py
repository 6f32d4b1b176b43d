"""Received data: how they look, and fetching them (docs/spec/network.md §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.results import Fetched
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, OneOf, Range
from atwin.at.reply import Block, CmeError, Reply
from atwin.twin.chapters.tcp.commands import at_most, given, number_in, split_number
from atwin.twin.chapters.tcp.incoming import AT_ONCE, ON_REQUEST, ON_REQUEST_TOLD_ALWAYS
from atwin.twin.chapters.tcp.link import PACKET
from atwin.twin.chapters.tcp.service import NUMBERS, Sockets
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.link import Link

_READ, _READ_HEX, _COUNT = 2, 3, 4
#: Bytes of one fetch in hex, two characters each.
_HEX_PACKET = PACKET // 2


class ReceiveCommands(Commands):
    """Received data come by themselves, in packets of at most 1460 bytes, or on request.

    By themselves: with several links `+RECEIVE,<n>,<length>:` and the bytes on the next line, else
    the bare bytes, or what CIPHEAD, CIPSHOWTP and CIPSRIP put in front. The module reads no more
    from the network than the line carries away (docs/spec/network.md §5).
    """

    title = "TCP/UDP receiving"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)
        self.values = self._sockets.settings

    head = command.Setting(
        "+CIPHEAD",
        "on",
        OneOf(0, 1),
        "`+IPD,<length>:` in front of a single link's packets: 0 not, 1 shown.",
    )
    show_protocol = command.Setting(
        "+CIPSHOWTP",
        "on",
        OneOf(0, 1),
        "TCP or UDP in the head of CIPHEAD: 0 not, 1 shown.",
    )
    show_source = command.Setting(
        "+CIPSRIP",
        "on",
        OneOf(0, 1),
        "`RECV FROM: <address>:<port>` on a line before a single link's packets.",
    )
    bare_packets = command.Setting(
        "+CIPRXF",
        "bare",
        OneOf(0, 1),
        "CR LF after every packet (0), or nothing (1).",
    )

    @command.set("+CIPRXGET")
    def receive(
        self,
        mode: Annotated[int, Range(0, 5)],
        number_or_length: Annotated[Argument | None, Late(Range(0, PACKET))] = None,
        length: Annotated[Argument | None, Late(Range(1, PACKET))] = None,
    ) -> Block | str | None:
        """Data on request: 0 off; 1 on, announced until read; 5 on, announced at every arrival.

        2 fetches up to <length> bytes (1-1460), 3 the same in hex (1-730), 4 says how many wait;
        these three take the number of the link first where there are several. What the link
        received is there after its end too.
        """
        sockets = self._sockets
        if mode in (AT_ONCE, ON_REQUEST, ON_REQUEST_TOLD_ALWAYS):
            at_most(given(number_or_length, length), 0)
            sockets.set_receive_mode(mode)
            return None
        number, rest = split_number(number_or_length, length, multi=sockets.multi)
        at_most(rest, 0 if mode == _COUNT else 1)
        largest = _HEX_PACKET if mode == _READ_HEX else PACKET
        size = number_in(rest[0], 1, PACKET) if rest else largest
        if size > largest:
            number_of_error = sockets.run.profile.value("rxget_hex_cme")
            raise CmeError(number_of_error) if number_of_error else BadArgument(rest[0].text)
        if sockets.incoming.mode == AT_ONCE:
            raise CmeError(Cme.NOT_ALLOWED)
        which = f"{number}," if sockets.multi else ""
        link = self._link(number)
        if mode == _COUNT:
            return f"+CIPRXGET: 4,{which}{link.waiting}"
        data = sockets.incoming.fetch(link, size)
        source = sockets.incoming.source(link)
        header = Fetched(len(data), mode, link.waiting, sockets.number(link), source)
        if mode == _READ_HEX:
            data = data.hex().upper().encode()
        blank = b"\r\n" if data and sockets.run.profile.has("rxget_blank") else b""
        return Block(header, data, blank)

    def _link(self, number: int) -> Link:
        link = self._sockets.links.get(number)
        if link is None or not link.readable:
            raise CmeError(Cme.NOT_ALLOWED)
        return link

    @command.read("+CIPRXGET")
    def receive_mode(self) -> Reply:
        """The current mode; with several links a line each."""
        mode = self._sockets.incoming.mode
        if self._sockets.multi:
            return Reply(tuple(f"+CIPRXGET: {number},{mode}" for number in NUMBERS))
        return Reply((f"+CIPRXGET: {mode}",))

    @command.test("+CIPRXGET")
    def receive_range(self) -> str:
        """What AT+CIPRXGET takes."""
        number = ",(0-5)" if self._sockets.multi else ""
        return f"+CIPRXGET: (0-5){number},(1-{PACKET})"
