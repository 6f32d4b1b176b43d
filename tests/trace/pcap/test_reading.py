"""The AT line out of a capture, ours or rewritten by others."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.disk.errors import DiskError
from atwin.session.captures import read_line
from atwin.trace.pcap import blocks
from atwin.trace.pcap.blocks import BlockType, LinkType, PduTag
from atwin.trace.pcap.capture import Capture
from atwin.trace.pcap.reading import PcapError, Piece, line_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Said = tuple[float, str, bytes]

DIALOGUE: list[Said] = [
    (0.0, ">", b"AT+CSQ\r"),
    (0.0, "<", b"AT+CSQ\r\r\n+CSQ: 22,99\r\n\r\nOK\r\n"),
    (1.0, ">", b"AT+CIPSEND=5\r"),
    (1.0, "<", b"\r\n> "),
    (2.0, ">", b"hello"),
    (2.5, "<", b"\r\nSEND OK\r\n"),
]


def captured(said: Sequence[Said], rests: bool = False) -> bytes:
    """A capture of what was said; with `rests` each time long after what was before."""
    written: list[bytes] = []
    capture = Capture(written.append, began=1_700_000_000.0, program="atwin")
    for t, direction, data in said:
        capture.line(t, direction, data)
        if rests:
            capture.flushed()
    capture.end()
    return b"".join(written)


def pieces(data: bytes) -> list[Piece]:
    return list(line_of(io.BytesIO(data)))


def test_a_line_is_a_piece() -> None:
    assert [(piece.direction, piece.data) for piece in pieces(captured(DIALOGUE))] == [
        (">", b"AT+CSQ\r"),
        ("<", b"AT+CSQ\r"),
        ("<", b"\r\n+CSQ: 22,99\r\n"),
        ("<", b"\r\nOK\r\n"),
        (">", b"AT+CIPSEND=5\r"),
        ("<", b"\r\n> "),
        (">", b"hello"),
        ("<", b"\r\nSEND OK\r\n"),
    ]
    assert [piece.t for piece in pieces(captured(DIALOGUE))] == pytest.approx(
        [0, 0, 0, 0, 1, 1, 2, 2.5], abs=1e-6
    )


PARTS = st.sampled_from(
    [b"AT+CSQ\r", b"\r\nOK\r\n", b"\r", b"\n", b"\r\n", b"x", b"AT", bytes(70_000), b"ab\r\n" * 900]
)


@given(
    st.lists(st.tuples(st.sampled_from("<>"), st.binary(max_size=20) | PARTS), max_size=20),
    st.booleans(),
)
def test_no_byte_is_lost_whatever_is_said(said: list[tuple[str, bytes]], rests: bool) -> None:
    found = pieces(captured([(0.0, *one) for one in said], rests))
    assert all(len(piece.data) <= 65_536 for piece in found)
    for way in "<>":
        heard = b"".join(piece.data for piece in found if piece.direction == way)
        assert heard == b"".join(data for direction, data in said if direction == way)


def test_a_large_body_is_data_between_its_header_and_its_result() -> None:
    body = bytes(range(256)) * 500
    answer = b"\r\n+HTTPREAD: 128000\r\n" + body + b"\r\nOK\r\n"
    found = [piece.data for piece in pieces(captured([(0.0, "<", answer)]))]
    assert found == [b"\r\n+HTTPREAD: 128000\r\n", body[:65_536], body[65_536:], b"\r\nOK\r\n"]
    slowly = [(0.0, "<", answer[start : start + 50]) for start in range(0, len(answer), 50)]
    found = [piece.data for piece in pieces(captured(slowly))]
    assert (found[0], found[-1]) == (b"\r\n+HTTPREAD: 128000\r\n", b"\r\nOK\r\n")


def other(order: str, tick: int, link: int = LinkType.UPPER_PDU) -> bytes:
    """As another program would write it: its own byte order, options, blocks and ticks."""

    def block(kind: int, body: bytes) -> bytes:
        length = struct.pack(order + "I", 12 + len(body))
        return struct.pack(order + "I", kind) + length + body + length

    section = struct.pack(order + "IHHq", blocks.MAGIC, 1, 0, -1)
    options = struct.pack(order + "HHB3x", blocks.RESOLUTION, 1, tick) + bytes(4)
    said = blocks.tags({PduTag.DISSECTOR: b"at", PduTag.DIRECTION: bytes(4)}) + b"AT\r"
    ticks = 3 << 32
    padded = said + bytes(-len(said) % 4)
    packet = struct.pack(order + "IIIII", 1, ticks >> 32, ticks & 0xFFFFFFFF, len(said), len(said))
    comment = struct.pack(order + "HH4s", 1, 4, b"mine") + bytes(4)
    later = struct.pack(order + "IIIII", 1, ticks >> 32, 1 << 20, len(said), len(said))
    return b"".join([
        block(BlockType.SECTION, section),
        block(0xBAD, b"whatever"),
        block(BlockType.INTERFACE, struct.pack(order + "HHI", LinkType.IP, 0, 0)),
        block(BlockType.INTERFACE, struct.pack(order + "HHI", link, 0, 262_144) + options),
        block(BlockType.PACKET, struct.pack(order + "IIIII", 0, 3, 0, 4, 4) + b"EIP!"),
        block(BlockType.PACKET, packet + padded + comment),
        block(BlockType.PACKET, later + padded + comment),
    ])  # fmt: skip


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("tick", "seconds"), [(6, 1 << 20), (9, 1 << 20), (0x80 | 20, 1 << 20)])
def test_files_of_other_programs(order: str, tick: int, seconds: int) -> None:
    ticks = 2.0**-20 if tick & 0x80 else 10.0**-tick
    data = other(order, tick)
    (first, second) = pieces(data)
    assert (first.direction, first.data) == (">", b"AT\r")
    assert second.t - first.t == pytest.approx(seconds * ticks, rel=1e-3)
    assert len(pieces(data + other(">", 6))) == 4
    assert pieces(other(order, tick, link=1)) == []


def test_a_file_that_still_grows_ends_where_it_ends() -> None:
    whole = captured(DIALOGUE)
    found = pieces(whole)
    for end in range(len(whole)):
        part = whole[:end]
        if end < 12:
            continue
        assert pieces(part) == found[: len(pieces(part))]


HEAD = blocks.section("x", "y")
INTERFACE = blocks.interface(LinkType.UPPER_PDU, "x", "y")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a pcapng"),
        (b"GET / HTTP/1.1\r\n", "not a pcapng"),
        (HEAD[:8] + b"abcd", "magic"),
        (HEAD + struct.pack("<II", 6, 13), "13 bytes"),
        (HEAD + struct.pack("<II", 6, 8), "8 bytes"),
        (HEAD + struct.pack("<II", 6, 0xFFFFFFFC), "4294967292 bytes"),
        (HEAD + struct.pack("<III", 5, 12, 16), "differ"),
        (HEAD + blocks.block(BlockType.INTERFACE, b"abcd"), "interface"),
        (HEAD + blocks.packet(0, 0, b"x"), "packet"),
        (HEAD + INTERFACE + blocks.block(BlockType.PACKET, bytes(12) + b"\xff" * 8), "packet"),
        (HEAD + INTERFACE * 4097, "4096 interfaces"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(data: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(PcapError, match=why):
        pieces(data)
    path = tmp_path / "f"
    path.write_bytes(data)
    with pytest.raises(DiskError, match=f"cannot read {path}: .*{why}"):
        list(read_line(str(path)))
