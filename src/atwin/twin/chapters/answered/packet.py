"""PPP, multiplexer, quality of service, power saving: answered only (docs/spec/stubs.md §4, §6)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import OneWord, Range, Tail, Text
from atwin.at.reply import CmeError, Reply
from atwin.twin.chapters.answered.dialled import connect
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.engine.run import Chapter

#: Timers of power saving, and what eDRX takes, as bits in a text.
_BITS = Text("bits", 8)


class PacketCommands(Answered):
    """PPP, multiplexer, quality of service and power saving of the network: without effect."""

    title = "Packet service"
    rows = (
        Row(
            "+CPSMS",
            {"mode": Range(0, 2), "rau": _BITS, "gprs": _BITS, "tau": _BITS, "active": _BITS},
            "Power saving by the network's timers.",
            least=0,
            kept=(0,),
            test="",
        ),
        Row(
            "+CEDRXS",
            {"mode": Range(0, 3), "radio": Range(1, 5), "value": _BITS},
            "Longer cycles of listening (eDRX).",
            least=0,
            read="",
            test="",
        ),
        Row("+CEDRXRDP", {}, "The cycles that the network grants.", execute=""),
        Row("+CGQREQ", {"values": Tail("values")}, "Quality asked for.", read="", needs="qos"),
        Row("+CGQMIN", {"values": Tail("values")}, "Quality accepted.", read="", needs="qos"),
        Row(
            "+CGCLASS", {"class": OneWord("B")}, "The class.", kept=("B",), read='"{}"', needs="qos"
        ),
    )

    @command.set("+CGDATA", needs="ppp")
    def data(
        self, protocol: Annotated[str, OneWord("PPP")], cid: Annotated[int, Range(1, 15)] = 1
    ) -> Reply:
        """A packet call: CONNECT, and NO CARRIER a second later, for there is no PPP."""
        return connect(self.run)

    @command.set("+CMUX", needs="cmux")
    def multiplex(self, values: Annotated[object, Tail("values")]) -> None:
        """Several channels on one line: refused with +CME ERROR 3."""
        raise CmeError(Cme.NOT_ALLOWED)

    @command.test("+CMUX", needs="cmux")
    def channels(self) -> str:
        """What a multiplexer takes."""
        return "+CMUX: (0),(0),(1-8),(1-1509),(1-255),(0-100),(2-255),(1-255),(1-7)"


CHAPTER = Chapter((PacketCommands,))
