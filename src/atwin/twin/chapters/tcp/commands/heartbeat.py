"""The heartbeat of a link (docs/spec/general.md §7)."""

from __future__ import annotations

import re
from typing import Annotated

from atwin.at import command
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, OneOf, Range, Text, integer
from atwin.twin.chapters.tcp.commands import given, number_in
from atwin.twin.chapters.tcp.service import NUMBERS, Sockets
from atwin.twin.engine.run import Commands, Run

_HEX = re.compile(r"[0-9A-Fa-f]+")
#: Bytes of a heartbeat.
_LONGEST = 256


class HeartbeatCommands(Commands):
    """What the module sends by itself, so that a link through a firewall stays open.

    One link at a time has it, while it is connected. A heartbeat is data of that link: the
    operator counts it, AT+CIPACK does not (docs/spec/general.md §7).
    """

    title = "Heartbeat"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)
        #: Whether the host gave the content in hex, for a link it named.
        self._named = False

    @command.set("^HEARTCONFIG", test=True)
    def configure(
        self,
        on: Annotated[int, OneOf(0, 1)],
        number: Annotated[int | None, Range(NUMBERS[0], NUMBERS[-1])] = None,
        interval: Annotated[int | None, Range(5, 600)] = None,
    ) -> None:
        """Heartbeats off or on, the link, and the seconds between two.

        The first one goes out that many seconds after the link is connected. Off forgets the count.
        """
        heartbeat = self._sockets.heartbeat
        heartbeat.configure(
            on=bool(on),
            number=heartbeat.number if number is None else number,
            interval=heartbeat.interval if interval is None else interval,
        )

    @command.read("^HEARTCONFIG")
    def configured(self) -> str:
        """Off or on, the link, the seconds."""
        heartbeat = self._sockets.heartbeat
        return f"^HEARTCONFIG: {int(heartbeat.on)},{heartbeat.number},{heartbeat.interval}"

    @command.set("^HEARTBEAT")
    def set_text(
        self,
        number: Annotated[int, Range(NUMBERS[0], NUMBERS[-1])],
        text: Annotated[str, Text("text", _LONGEST)],
    ) -> None:
        """The link and what it sends, as text of at most 256 bytes; the IMEI before that."""
        if not text:
            raise BadArgument("a heartbeat must not be empty")
        self._set(number, text.encode("latin-1"))

    @command.read("^HEARTBEAT")
    def text(self) -> str:
        """The link, and the text."""
        heartbeat = self._sockets.heartbeat
        return f"^HEARTBEAT: {heartbeat.number},{heartbeat.content.decode('latin-1')}"

    @command.set("^HEARTBEATHEX")
    def set_hex(
        self,
        number_or_length: Annotated[Argument, Late(Range(1, _LONGEST))],
        length_or_hex: Annotated[Argument, Late(Text("length or hex"))],
        digits: Annotated[Argument | None, Late(Text("hex"))] = None,
    ) -> None:
        """The same in hex: [n,] bytes (1-256), two digits for each; it is sent at once as well."""
        *before, length, content = given(number_or_length, length_or_hex, digits)
        number = integer(before[0]) if before else self._sockets.heartbeat.number
        size = number_in(length, 1, _LONGEST)
        is_hex = _HEX.fullmatch(content.text) is not None
        if number not in NUMBERS or not is_hex or len(content.text) != 2 * size:
            raise BadArgument(content.text)
        data = bytes.fromhex(content.text)
        self._named = bool(before)
        self._set(number, data)
        self._sockets.heartbeat.send_now(number)

    @command.read("^HEARTBEATHEX")
    def hex(self) -> str:
        """The link where it was given, the bytes, and their digits."""
        heartbeat = self._sockets.heartbeat
        content = heartbeat.content
        which = f"{heartbeat.number}," if self._named else ""
        return f"^HEARTBEATHEX: {which}{len(content)},{content.hex().upper()}"

    @command.read("^HEARTINQUIRE")
    def inquire(self) -> str:
        """Seconds since the last one, seconds to the next, and how many there were."""
        heartbeat = self._sockets.heartbeat
        since, to_next = heartbeat.times
        return f"^HEARTINQUIRE: {since},{to_next},{heartbeat.count}"

    def _set(self, number: int, content: bytes) -> None:
        heartbeat = self._sockets.heartbeat
        heartbeat.content = content
        if number != heartbeat.number:
            heartbeat.configure(on=heartbeat.on, number=number, interval=heartbeat.interval)
