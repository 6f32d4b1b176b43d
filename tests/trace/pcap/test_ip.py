"""IP packets made of what streams and datagrams carry."""

from __future__ import annotations

import struct

from hypothesis import example, given
from hypothesis import strategies as st

from atwin.trace.pcap.ip import MSS, Packets
from atwin.trace.raw import Conversation, NetEvent

SIDES = {NetEvent.SENT: True, NetEvent.RECEIVED: False}


def total(data: bytes) -> int:
    """The ones' complement sum of RFC 1071, as the RFC adds it up."""
    words: tuple[int, ...] = struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2))
    added = sum(words)
    while added >> 16:
        added = (added & 0xFFFF) + (added >> 16)
    return added


def payload(packet: bytes) -> bytes:
    """What an IP packet carries beyond UDP or ICMP or TCP headers; its checksums are right."""
    if packet[0] >> 4 == 4:
        assert total(packet[:20]) == 0xFFFF
        assert len(packet) == int.from_bytes(packet[2:4], "big")
        protocol, addresses, inner = packet[9], packet[12:20], packet[20:]
    else:
        assert len(packet) == 40 + int.from_bytes(packet[4:6], "big")
        protocol, addresses, inner = packet[6], packet[8:40], packet[40:]
    pseudo = addresses + struct.pack(">HH", protocol, len(inner)) if protocol != 1 else b""
    assert total(pseudo + inner) == 0xFFFF
    checksum = inner[{6: 16, 17: 6, 1: 2, 58: 2}[protocol] :][:2]
    assert checksum != (b"\0\0" if protocol == 17 else b"\xff\xff")
    return inner[(inner[12] >> 4) * 4 if protocol == 6 else 8 :]


@given(
    st.sampled_from(["tcp", "udp", "icmp"]),
    st.sampled_from(["198.51.100.1", "2001:db8::1", "fe80::1%eth0", "no address"]),
    st.sampled_from(["10.1.1.1", "2001:db8::2", None]),
    st.lists(st.tuples(st.sampled_from([*SIDES]), st.binary(max_size=20)), max_size=5),
    st.integers(0, 3),
)
@example("tcp", "2001:db8::1", None, [(NetEvent.SENT, bytes(2 * MSS))], 0)
def test_checksums_are_right_and_nothing_is_lost(
    protocol: str, remote: str, local: str | None, said: list[tuple[NetEvent, bytes]], more: int
) -> None:
    packets = Packets()
    talk = Conversation(protocol, local, 0, remote, 80)
    for event, data in said:
        long = data * (more * MSS // max(len(data), 1) + 1)
        made = [payload(packet) for packet in packets.of(talk, event, long)]
        assert b"".join(made) == long
        assert max(map(len, made)) <= (MSS if protocol == "tcp" else len(long))


def test_every_checksum_there_is() -> None:
    """All 65,536 sums: 0 and 0xFFFF are the same number, and only one of them is right."""
    packets, talk = Packets(), Conversation("udp", "10.1.1.1", 1, "10.1.1.2", 1)
    for number in range(1 << 16):
        (packet,) = packets.of(talk, NetEvent.SENT, number.to_bytes(2, "big"))
        check = int.from_bytes(packet[26:28], "big")
        if number % 257 == 0 or check in (0xFFFF, 0, 1, 0xFFFE):
            payload(packet)


def test_sequence_numbers_go_on() -> None:
    packets, talk = Packets(), Conversation("tcp", "10.1.1.1", 0, "10.1.1.2", 80)

    def numbers(event: NetEvent, data: bytes = b"") -> list[tuple[int, int]]:
        return [struct.unpack_from(">II", packet, 24) for packet in packets.of(talk, event, data)]

    ((first, _),) = numbers(NetEvent.CALLED)
    (theirs, heard), ours = numbers(NetEvent.OPENED)
    assert (heard, ours) == (first + 1, (first + 1, theirs + 1))
    *sent, heard_back = numbers(NetEvent.SENT, bytes(MSS + 1))
    assert sent == [(first + 1, theirs + 1), (first + 1 + MSS, theirs + 1)]
    assert heard_back == (theirs + 1, first + 2 + MSS)
    assert numbers(NetEvent.CLOSED)[0] == (first + 2 + MSS, theirs + 1)


def test_ports_are_apart_and_one_that_is_chosen_is_there() -> None:
    packets = Packets()
    talks = [Conversation("udp", "10.1.1.1", port, "10.1.1.2", 9) for port in (0, 0, 4000)]
    ports = [
        int.from_bytes(next(packets.of(talk, NetEvent.SENT, b"x"))[20:22], "big") for talk in talks
    ]
    assert ports[0] != ports[1]
    assert ports[2] == 4000
