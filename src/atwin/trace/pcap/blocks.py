"""The blocks of a pcapng file (draft-ietf-opsawg-pcapng), as bytes.

What is written is little endian; times are microseconds, which is what a file says nothing of.
"""

from __future__ import annotations

import struct
from enum import IntEnum

MAGIC = 0x1A2B3C4D


class BlockType(IntEnum):
    """Types of blocks."""

    SECTION = 0x0A0D0D0A
    INTERFACE = 1
    PACKET = 6
    SECRETS = 0x0A


class LinkType(IntEnum):
    """LinkType types: what the packets of an interface begin with."""

    #: IPv4 or IPv6, as their first four bits say.
    IP = 101
    #: Tags that say who is to look at what comes after them.
    UPPER_PDU = 252


class PduTag(IntEnum):
    """Tags of `LinkType.UPPER_PDU` (Wireshark's exported_pdu_tlvs.h)."""

    END = 0
    DISSECTOR = 12
    COLUMN_PROTOCOL = 33
    #: 0 sent, 1 received.
    DIRECTION = 35


#: Direction of a packet on the line by its tag: the host, which Wireshark calls DTE, sends to the
#: module.
DIRECTIONS = {0: ">", 1: "<"}

#: Who looks at what is on the line: lines, and data.
DISSECTORS = AT, DATA = b"at", b"data"

_COMMENT, _NAME, _DESCRIPTION, _PROGRAM = 1, 2, 3, 4
#: Resolution of an interface's times.
RESOLUTION = 9
#: The secrets are lines of an NSS key log.
_KEY_LOG = 0x544C534B
#: The section has no known length: it grows.
_UNKNOWN = (1 << 64) - 1

_PACKET_HEAD = struct.Struct("<IIIIIII")
_LENGTH = struct.Struct("<I")


def is_pcapng(head: bytes) -> bool:
    """Whether a file that begins so, with at least 12 bytes, is one."""
    magic = head[8:12]
    return head[:4] == struct.pack("<I", BlockType.SECTION) and magic in (
        struct.pack("<I", MAGIC),
        struct.pack(">I", MAGIC),
    )


def padded(data: bytes) -> bytes:
    """`data`, and zeros up to a whole number of words."""
    return data + bytes(-len(data) % 4)


def block(kind: BlockType, body: bytes) -> bytes:
    """A whole block."""
    length = _LENGTH.pack(12 + len(body))
    return b"".join((_LENGTH.pack(kind), length, body, length))


def section(program: str, comment: str) -> bytes:
    """What a file begins with."""
    head = struct.pack("<IHHQ", MAGIC, 1, 0, _UNKNOWN)
    return block(BlockType.SECTION, head + _options({_COMMENT: comment, _PROGRAM: program}))


def interface(link: LinkType, name: str, description: str) -> bytes:
    """The next interface, whose packets are kept whole."""
    options = _options({_NAME: name, _DESCRIPTION: description})
    return block(BlockType.INTERFACE, struct.pack("<HHI", link, 0, 0) + options)


def packet(number: int, microseconds: int, data: bytes) -> bytes:
    """`data` on the interface of that number, at microseconds since 1970."""
    size = len(data)
    pad = -size % 4
    length = 32 + size + pad
    head = _PACKET_HEAD.pack(
        BlockType.PACKET,
        length,
        number,
        microseconds >> 32 & 0xFFFFFFFF,
        microseconds & 0xFFFFFFFF,
        size,
        size,
    )
    return b"".join((head, data, bytes(pad), _LENGTH.pack(length)))


def key_log(line: str) -> bytes:
    """What opens the TLS of packets after it."""
    data = line.encode()
    return block(BlockType.SECRETS, struct.pack("<II", _KEY_LOG, len(data)) + padded(data))


def tags(values: dict[PduTag, bytes]) -> bytes:
    """What a packet of `LinkType.UPPER_PDU` begins with."""
    told = [
        struct.pack(">HH", tag, len(padded(value))) + padded(value) for tag, value in values.items()
    ]
    return b"".join(told) + struct.pack(">HH", PduTag.END, 0)


def _options(values: dict[int, str]) -> bytes:
    told = []
    for code, text in values.items():
        data = text.encode()
        told.append(struct.pack("<HH", code, len(data)) + padded(data))
    return b"".join(told) + bytes(4)
