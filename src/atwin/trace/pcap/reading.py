"""The AT line out of a pcapng file, written here or rewritten by Wireshark, editcap or mergecap.

The file may be anybody's. What it holds of other interfaces, blocks and options is passed over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from atwin.trace.pcap.blocks import (
    DIRECTIONS,
    DISSECTORS,
    MAGIC,
    RESOLUTION,
    BlockType,
    LinkType,
    PduTag,
    is_pcapng,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

#: No block is longer, in bytes, and no section has more interfaces.
_LONGEST, _MOST_INTERFACES = 16 << 20, 4096
_DEFAULT_RESOLUTION = 1e-6


class PcapError(ValueError):
    """A file is not pcapng, or is damaged; the text says where."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What went over the AT line at once, or nearly so."""

    #: Seconds since the first packet of the file; it may decrease where the file is out of order.
    t: float
    #: `>` to the module, `<` from it.
    direction: str
    data: bytes


@dataclass(slots=True)
class _Section:
    """What was said since the last section header."""

    order: str
    #: LinkType type, and seconds of a tick.
    interfaces: list[tuple[int, float]] = field(default_factory=list)


def line_of(file: BinaryIO) -> Iterator[Piece]:
    """The pieces in order, read one after the other; one that was cut off ends it.

    Raises `PcapError`, and what `file` raises.
    """
    began: float | None = None
    for section, kind, body in _blocks(file):
        if kind == BlockType.INTERFACE:
            section.interfaces.append(_interface(section.order, body))
            if len(section.interfaces) > _MOST_INTERFACES:
                raise PcapError(f"more than {_MOST_INTERFACES} interfaces")
        elif kind == BlockType.PACKET and len(body) >= 20:
            number, high, low, size = struct.unpack_from(section.order + "IIII", body)
            if number >= len(section.interfaces) or size > len(body) - 20:
                raise PcapError("a packet that cannot be")
            link, tick = section.interfaces[number]
            t = (high << 32 | low) * tick
            began = t if began is None else began
            if link == LinkType.UPPER_PDU and (found := _on_line(body[20 : 20 + size])):
                yield Piece(t - began, *found)


def _blocks(file: BinaryIO) -> Iterator[tuple[_Section, int, bytes]]:
    """All blocks but the headers of sections, whose type reads the same in either order."""
    section: _Section | None = None
    while len(head := file.read(8)) == 8:
        if head[:4] == struct.pack("<I", BlockType.SECTION):
            magic = file.read(4)
            if not is_pcapng(head + magic):
                raise PcapError("a section header without its magic number")
            section = _Section("<" if magic == struct.pack("<I", MAGIC) else ">")
        elif section is None:
            raise PcapError("it is not a pcapng file")
        kind, length = struct.unpack(section.order + "II", head)
        rest = length - (12 if kind == BlockType.SECTION else 8)
        if length % 4 or rest < (8 if kind == BlockType.SECTION else 4) or length > _LONGEST:
            raise PcapError(f"a block of {length} bytes")
        body = file.read(rest)
        if len(body) < rest:
            return
        if body[-4:] != head[4:]:
            raise PcapError("the two lengths of a block differ")
        if kind != BlockType.SECTION:
            yield section, kind, body[:-4]
    if section is None:
        raise PcapError("it is not a pcapng file")


def _interface(order: str, body: bytes) -> tuple[int, float]:
    """LinkType type and seconds of a tick."""
    if len(body) < 8:
        raise PcapError("an interface that cannot be")
    (link,) = struct.unpack_from(order + "H", body)
    tick = _DEFAULT_RESOLUTION
    for code, value, _ in _pairs(order, body, 8):
        if code == RESOLUTION and len(value) == 1:
            power = value[0] & 0x7F
            tick = 2.0**-power if value[0] & 0x80 else 10.0**-power
    return link, tick


def _on_line(data: bytes) -> tuple[str, bytes] | None:
    """Direction and data, if they are of an AT line."""
    dissector, direction, start = b"", None, 0
    for code, value, end in _pairs(">", data, 0):
        start = end
        if code == PduTag.DISSECTOR:
            dissector = value.rstrip(b"\0")
        elif code == PduTag.DIRECTION and len(value) == 4:
            direction = DIRECTIONS.get(int.from_bytes(value, "big"))
    if dissector not in DISSECTORS or direction is None:
        return None
    return direction, data[start:]


def _pairs(order: str, data: bytes, start: int) -> Iterator[tuple[int, bytes, int]]:
    """Codes, values, and where the next pair begins, up to the end mark or what is cut off."""
    code = -1
    while code != 0 and start + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, start)
        end = start + 4 + size + -size % 4
        if end > len(data):
            return
        yield code, data[start + 4 : start + 4 + size], end
        start = end
