"""A capture that is written while things happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.trace.described import describe
from atwin.trace.pcap import blocks
from atwin.trace.pcap.blocks import DATA, DIRECTIONS, LinkType, PduTag
from atwin.trace.pcap.ip import Packets
from atwin.trace.pcap.pieces import Pieces
from atwin.trace.raw import RawListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.trace.raw import Conversation, NetEvent
    from atwin.trace.trace import Fields

COMMENT = "Payload, keys and passwords are in here: pass it on to nobody who must not know them."

#: The interfaces: link type and description. One is there from its first packet on.
_INTERFACES = {
    "AT line": (LinkType.UPPER_PDU, "what goes over the line; Sent is to the module"),
    "network": (LinkType.IP, "what the module exchanges; headers are made up, payloads are real"),
    "events": (LinkType.UPPER_PDU, "what else happens, as in the trace, as syslog lines"),
}
#: Facility local0, level notice.
_SYSLOG = b"<133>"
#: Records that the line shows itself, or that are there for a chart.
_PASSED_OVER = {"command", "answer", "urc", "data", "buffer"}


def _nowhere(data: bytes) -> None:
    pass


class Capture(RawListener):
    """Makes blocks of a pcapng file and hands them on, those of some hundredths of a second at
    once.

    Call `end` when nothing more will come.
    """

    def __init__(self, write: Callable[[bytes], object], *, began: float, program: str) -> None:
        """`began`: UTC seconds since 1970 when the trace began."""
        self._write = write
        self._began = began
        self._blocks = [blocks.section(program, COMMENT)]
        self._numbers: dict[str, int] = {}
        self._pieces = Pieces(self._put_piece)
        self._packets = Packets()
        self._heads = {
            (direction, dissector): blocks.tags(
                {PduTag.DISSECTOR: dissector}
                | ({PduTag.COLUMN_PROTOCOL: b"AT data"} if dissector == DATA else {})
                | {PduTag.DIRECTION: number.to_bytes(4, "big")}
            )
            for number, direction in DIRECTIONS.items()
            for dissector in blocks.DISSECTORS
        }
        self._event_head = blocks.tags({PduTag.DISSECTOR: b"syslog"})
        self.flushed()

    def line(self, t: float, direction: str, data: bytes) -> None:
        self._pieces.add(t, direction, data)

    def net(self, t: float, talk: Conversation, event: NetEvent, data: bytes) -> None:
        for packet in self._packets.of(talk, event, data):
            self._put("network", t, packet)

    def secret(self, t: float, client_random: bytes, master_secret: bytes) -> None:
        line = f"CLIENT_RANDOM {client_random.hex()} {master_secret.hex()}\n"
        self._blocks.append(blocks.key_log(line))

    def record(self, t: float, fields: Fields) -> None:
        told = dict(fields)
        if told["kind"] not in _PASSED_OVER:
            text = describe(told).encode("utf-8", "replace")
            self._put("events", t, self._event_head + _SYSLOG + text)

    def flushed(self) -> None:
        self._pieces.rest()
        self._hand_on()

    def end(self) -> None:
        """Hand on what is left."""
        self._pieces.end()
        self._hand_on()
        self._write = _nowhere  # whoever wrote may go at once

    def _hand_on(self) -> None:
        if self._blocks:
            written, self._blocks = self._blocks, []
            self._write(b"".join(written))

    def _put_piece(self, t: float, direction: str, dissector: bytes, data: bytes) -> None:
        self._put("AT line", t, self._heads[direction, dissector] + data)

    def _put(self, name: str, t: float, data: bytes) -> None:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._numbers)
            link, description = _INTERFACES[name]
            self._blocks.append(blocks.interface(link, name, description))
        self._blocks.append(blocks.packet(number, round((self._began + t) * 1e6), data))
