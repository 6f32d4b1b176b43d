"""Opening and closing links (docs/spec/network.md §5)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, OneOf, Range, Text
from atwin.at.reply import AtError, Reply
from atwin.twin.chapters.tcp.commands import at_most, number_in, same_form, split_number
from atwin.twin.chapters.tcp.service import NUMBERS, Sockets
from atwin.twin.engine.run import Commands, Run

_KINDS = ("TCP", "UDP")
_LONGEST_HOST = 128
_PORTS = (1, 65535)


class LinkCommands(Commands):
    """TCP and UDP links: one, or with AT+CIPMUX=1 six, numbered 0-5 (docs/spec/network.md §5).

    With several links, their number is the first argument, and stands in front of what is said
    about them.
    """

    title = "TCP/UDP links"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)
        self.values = self._sockets.settings

    @command.set("+CIPSTART")
    def start(
        self,
        number_or_kind: Annotated[Argument, Late(Text("n or TCP or UDP"))],
        second: Annotated[Argument, Late(Text("TCP or UDP, or host"))],
        third: Annotated[Argument, Late(Text("host, or port"))],
        fourth: Annotated[Argument | None, Late(Range(*_PORTS))] = None,
    ) -> Reply:
        """Open a link: [n,] "TCP" or "UDP", host (128 bytes), port 1-65535.

        `CONNECT OK` or `CONNECT FAIL` follows the OK; in transparent mode `CONNECT`, and the line
        is the link's. Without several links the scene may be left to this command.
        """
        sockets = self._sockets
        same_form(number_or_kind, multi=sockets.multi)
        number, rest = split_number(number_or_kind, second, third, fourth, multi=sockets.multi)
        if len(rest) != 3:
            raise BadArgument("kind, host and port must be given")
        kind, host = rest[0].text.upper(), rest[1].text
        port = number_in(rest[2], *_PORTS)
        if kind not in _KINDS or not 1 <= len(host) <= _LONGEST_HOST:
            raise BadArgument(kind)
        return sockets.start(number, kind, host, port)

    @command.test("+CIPSTART")
    def start_range(self) -> Reply:
        """What AT+CIPSTART takes: an address, or a name."""
        begin = f'+CIPSTART: {self._numbers}("TCP","UDP")'
        hosts = ('("(0-255).(0-255).(0-255).(0-255)")', '("DOMAIN NAME")')
        return Reply(tuple(f"{begin},{host},(1-65535)" for host in hosts))

    @property
    def _numbers(self) -> str:
        return "(0-5)," if self._sockets.multi else ""

    @command.set("+CIPCLOSE", bare=True, last=True)
    def close(
        self,
        number_or_speed: Annotated[Argument | None, Late(OneOf(*NUMBERS))] = None,
        speed: Annotated[Argument | None, Late(OneOf(0, 1))] = None,
    ) -> Reply:
        """Close a link: [n] and 0 slowly or 1 quickly; answered `CLOSE OK`.

        ERROR when it is neither open nor about to be.
        """
        if self._sockets.multi and number_or_speed is None:
            raise AtError
        number, rest = split_number(number_or_speed, speed, multi=self._sockets.multi)
        at_most(rest, 1)
        if rest:
            number_in(rest[0], 0, 1)
        return self._sockets.close(number)

    @command.set("+CLPORT")
    def set_local_port(
        self,
        number_or_kind: Annotated[Argument, Late(Text("n or TCP or UDP"))],
        kind_or_port: Annotated[Argument, Late(Text("TCP or UDP, or port"))],
        port: Annotated[Argument | None, Late(Range(0, 65535))] = None,
    ) -> None:
        """The module's own port for links that are opened from now on: [n,] kind, port; 0 is any.

        It is a port of the machine the twin runs on.
        """
        sockets = self._sockets
        same_form(number_or_kind, multi=sockets.multi)
        number, rest = split_number(number_or_kind, kind_or_port, port, multi=sockets.multi)
        if len(rest) != 2 or rest[0].text.upper() not in _KINDS:
            raise BadArgument("kind and port must be given")
        sockets.local_ports[number, rest[0].text.upper()] = number_in(rest[1], 0, 65535)

    @command.read("+CLPORT")
    def local_ports(self) -> Reply:
        """The ports for TCP and UDP, with several links a line each; 0 is any port."""

        def ports(number: int) -> str:
            return ",".join(str(sockets.local_ports.get((number, kind), 0)) for kind in _KINDS)

        sockets = self._sockets
        if sockets.multi:
            return Reply(tuple(f"+CLPORT: {number},{ports(number)}" for number in NUMBERS))
        return Reply((f"+CLPORT: {ports(0)}",))

    @command.test("+CLPORT")
    def local_port_range(self) -> str:
        """What AT+CLPORT takes."""
        return f'+CLPORT: {self._numbers}("TCP","UDP"),(0-65535)'

    @command.set("+CIPTKA", test=True)
    def set_keep_alive(
        self,
        on: Annotated[int, OneOf(0, 1)],
        idle: Annotated[int | None, Range(30, 7200)] = None,
        interval: Annotated[int | None, Range(30, 600)] = None,
        count: Annotated[int | None, Range(1, 9)] = None,
    ) -> None:
        """TCP keep-alive of links opened from now on: seconds idle, seconds between, how many."""
        settings = self._sockets.settings
        settings.keep_alive = on
        settings.keep_idle = idle or settings.keep_idle
        settings.keep_interval = interval or settings.keep_interval
        settings.keep_count = count or settings.keep_count

    @command.read("+CIPTKA")
    def keep_alive(self) -> str:
        """Off or on, seconds idle, seconds between, how many."""
        return self._sockets.settings.line("+CIPTKA")

    ssl = command.Setting(
        "+CIPSSL",
        "on",
        Range(0, 1),
        "TLS for the TCP links that are opened from now on, by SSLCFG context <n>.",
    )
