"""IP packets as they would have been: the payloads are real, the headers are made up for them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from atwin.trace.raw import NetEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.trace.raw import Conversation

#: Bytes of data in a segment, and at most in a datagram.
MSS, _LARGEST = 1400, 65_507

_TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_FIN, _SYN, _RST, _PSH, _ACK = 1, 2, 4, 8, 16
_WINDOW, _HOPS = 65_535, 64
#: Options of a SYN: segment size, and a window that is shifted by 7.
_SYN_OPTIONS = struct.pack(">BBHBBBB", 2, 4, MSS, 3, 3, 7, 1)
_PORTS_FROM, _PORTS = 49_152, 16_384
#: Between the first sequence numbers of two connections.
_APART = 0x01_00_00_00
#: The module's address where it has none of that kind.
_NO_ADDRESS = IPv4Address("10.0.0.1")
_IPV4, _IPV6 = struct.Struct(">BBHHHBBH"), struct.Struct(">IHBB")
_IPV6_PREFIX = bytes.fromhex("fd000000000000000000ffff")

_ECHO = {4: (8, 0), 6: (128, 129)}


class Packets:
    """The packets of all conversations."""

    def __init__(self) -> None:
        self._ends: dict[Conversation, _Tcp | _Datagrams] = {}
        self._opened = 0

    def of(self, talk: Conversation, event: NetEvent, data: bytes) -> Iterator[bytes]:
        """Those of one event."""
        end = self._ends.get(talk)
        if end is None:
            self._opened += 1
            port = talk.local_port or _PORTS_FROM + self._opened % _PORTS
            addresses = _Addresses(talk)
            if talk.protocol == "tcp":
                first = self._opened * _APART & 0xFFFFFFFF
                end = _Tcp(addresses, port, talk.remote_port, first, ~first & 0xFFFFFFFF)
            else:
                end = _Datagrams(addresses, talk.protocol == "udp", port, talk.remote_port)
            self._ends[talk] = end
        yield from end.packets(event, data)
        if event.ends:
            del self._ends[talk]


class _Addresses:
    """Of the module and its peer."""

    def __init__(self, talk: Conversation) -> None:
        local, remote = _address(talk.local), _address(talk.remote)
        self.version = remote.version
        packed = local.packed
        if remote.version != local.version:
            packed = _IPV6_PREFIX + packed if remote.version == 6 else _NO_ADDRESS.packed
        #: From the peer, and to it.
        self._pairs = (remote.packed + packed, packed + remote.packed)
        self._sum = _sum(self._pairs[0])
        self._number = 0

    def packet(self, up: bool, protocol: int, head: bytes, data: bytes, check_at: int) -> bytes:
        """One from (`up`) or to the module; its checksum belongs into `head` at `check_at`."""
        size = len(head) + len(data)
        outer = 0 if protocol == _ICMP else self._sum + protocol + size
        check = _check(outer + _sum(head) + _sum(data))
        if protocol == _UDP:
            check = check or 0xFFFF  # 0 says that there is none
        head = b"".join((head[:check_at], check.to_bytes(2, "big"), head[check_at + 2 :]))
        pair = self._pairs[up]
        if self.version == 6:
            return b"".join((_IPV6.pack(6 << 28, size, protocol, _HOPS), pair, head, data))
        number = self._number = self._number + 1 & 0xFFFF
        check = _check(0x4500 + 20 + size + number + 0x4000 + (_HOPS << 8 | protocol) + self._sum)
        front = _IPV4.pack(0x45, 0, 20 + size, number, 0x4000, _HOPS, protocol, check)
        return b"".join((front, pair, head, data))


def _address(text: str | None) -> IPv4Address | IPv6Address:
    try:
        return ip_address((text or "").partition("%")[0])
    except ValueError:
        return _NO_ADDRESS


def _sum(data: bytes) -> int:
    """The sum of all words, as far as it matters for a checksum."""
    if len(data) % 2:
        data += b"\0"
    return int.from_bytes(data, "big") % 0xFFFF


def _check(total: int) -> int:
    """The checksum of words with that sum."""
    return 0xFFFF - (total % 0xFFFF or 0xFFFF)


@dataclass(slots=True)
class _Tcp:
    """One connection; sequence numbers of the module's side, and of the peer's."""

    addresses: _Addresses
    port: int
    peer: int
    ours: int
    theirs: int

    def packets(self, event: NetEvent, data: bytes) -> Iterator[bytes]:
        match event:
            case NetEvent.CALLED:
                yield self._segment(True, _SYN, options=_SYN_OPTIONS)
            case NetEvent.OPENED:
                yield self._segment(False, _SYN | _ACK, options=_SYN_OPTIONS)
                yield self._segment(True, _ACK)
            case NetEvent.REFUSED:
                yield self._segment(False, _RST | _ACK)
            case NetEvent.SENT | NetEvent.RECEIVED:
                up = event is NetEvent.SENT
                for start in range(0, len(data), MSS):
                    part = data[start : start + MSS]
                    last = _PSH if start + MSS >= len(data) else 0
                    yield self._segment(up, _ACK | last, part)
                yield self._segment(not up, _ACK)
            case NetEvent.PEER_CLOSED:
                yield self._segment(False, _FIN | _ACK)
                yield self._segment(True, _ACK)
            case NetEvent.CLOSED:
                yield self._segment(True, _FIN | _ACK)
                yield self._segment(False, _ACK)
            case NetEvent.RESET:
                yield self._segment(False, _RST | _ACK)

    def _segment(self, up: bool, flags: int, data: bytes = b"", options: bytes = b"") -> bytes:
        ports = (self.port, self.peer) if up else (self.peer, self.port)
        number, heard = (self.ours, self.theirs) if up else (self.theirs, self.ours)
        head = struct.pack(
            ">HHIIBBHHH",
            *ports,
            number,
            heard if flags & _ACK else 0,
            (5 + len(options) // 4) << 4,
            flags,
            _WINDOW,
            0,
            0,
        )
        more = len(data) + bool(flags & (_SYN | _FIN))
        if up:
            self.ours = self.ours + more & 0xFFFFFFFF
        else:
            self.theirs = self.theirs + more & 0xFFFFFFFF
        return self.addresses.packet(up, _TCP, head + options, data, 16)


@dataclass(slots=True)
class _Datagrams:
    """UDP with one peer, or echo requests to it."""

    addresses: _Addresses
    udp: bool
    port: int
    peer: int
    asked: int = 0

    def packets(self, event: NetEvent, data: bytes) -> Iterator[bytes]:
        if event not in (NetEvent.SENT, NetEvent.RECEIVED) or len(data) > _LARGEST:
            return
        up = event is NetEvent.SENT
        if self.udp:
            ports = (self.port, self.peer) if up else (self.peer, self.port)
            head = struct.pack(">HHHH", *ports, 8 + len(data), 0)
            yield self.addresses.packet(up, _UDP, head, data, 6)
        else:
            self.asked += up
            version = self.addresses.version
            kind = _ECHO[version][not up]
            head = struct.pack(">BBHHH", kind, 0, 0, self.port, self.asked)
            protocol = _ICMP if version == 4 else _ICMP6
            yield self.addresses.packet(up, protocol, head, data, 2)
