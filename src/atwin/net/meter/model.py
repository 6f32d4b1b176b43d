"""The arithmetic of TCP: how many packets it takes to carry given bytes (docs/spec/flows.md §6)."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from atwin.net.meter.bill import Bill, OneWay

#: IPv4 and TCP headers without options, and what IPv6 adds.
HEADERS = 40
IPV6_MORE = 20
#: IPv4 and UDP (or ICMP echo) headers.
UDP_HEADERS = 28
#: Payload of a segment on a cellular link: an MTU of 1500 less the headers.
MSS = 1460


@dataclass(frozen=True, slots=True)
class Stack:
    """How a pair of TCP stacks behaves, as far as it costs bytes."""

    #: Bytes of data in a full segment.
    segment: int = MSS
    #: Bytes of TCP options in a SYN, and in any other packet.
    syn_options: int = 0
    options: int = 0
    #: This many data segments of a connection are acknowledged one by one, then each `every`-th.
    quick: int = 0
    every: int = 1
    #: An ACK is saved where the server, or the module, has something to say at once.
    server_rides: bool = False
    module_rides: bool = False
    #: The very first data of each side are acknowledged by themselves all the same.
    first_alone: bool = True
    #: Packets that end a connection: FIN, ACK, FIN, ACK, or the second and third in one.
    closing: int = 4


#: The operator's example and the twin's meter.
OPERATOR = Stack()
#: The same, if the server's ACK rides on its answer.
OPERATOR_RIDING = Stack(server_rides=True, first_alone=False)
#: Linux at both ends: time stamps in every segment, 16 quick ACKs, then one for two segments (the
#: driver may hand up more at once, and save some); a server that closes at once.
LINUX = Stack(
    segment=MSS - 12,
    syn_options=20,
    options=12,
    quick=16,
    every=2,
    server_rides=True,
    module_rides=True,
    closing=3,
)


@dataclass(slots=True)
class Side:
    """What one side has sent."""

    packets: int = 0
    data_packets: int = 0
    data: int = 0


class Tally:
    """Counts the packets of one connection as its data go to and fro.

    What goes in one direction until the other one answers is a run, cut into full segments.
    """

    def __init__(self, stack: Stack = OPERATOR) -> None:
        self.stack = stack
        self.up, self.down = Side(), Side()
        self._up_now = True
        self._pending = 0
        self._segments = 0

    def open(self) -> None:
        """SYN, SYN-ACK, ACK."""
        self.up.packets += 2
        self.down.packets += 1

    def refuse(self, *, answered: bool) -> None:
        """A SYN that is answered by RST, or not at all."""
        self.up.packets += 1
        self.down.packets += answered

    def data(self, up: bool, size: int) -> None:
        """`size` more bytes go up or down."""
        if up is not self._up_now:
            self._end_run(answered=True)
            self._up_now = up
        (self.up if up else self.down).data += size
        self._pending += size

    def push(self) -> None:
        """What comes next in this direction begins a segment of its own."""
        self._segments += -(-self._pending // self.stack.segment)
        self._pending = 0

    def close(self, *, reset: bool = False) -> None:
        """The module closes in order, or with RST because it wants no more."""
        # A server that closes at once needs no packet of its own to acknowledge the last data.
        self._end_run(answered=self._up_now and self.stack.server_rides)
        self.up.packets += 1 if reset else 2
        self.down.packets += 0 if reset else self.stack.closing - 2

    def so_far(self, more_down: int = 0) -> Tally:
        """A copy in which the current run has ended, after `more_down` more bytes down."""
        ended = copy(self)
        ended.up, ended.down = copy(self.up), copy(self.down)
        if more_down:
            ended.data(False, more_down)
        ended._end_run(answered=False)
        return ended

    def _end_run(self, *, answered: bool) -> None:
        self.push()
        segments, self._segments = self._segments, 0
        if not segments:
            return
        sender, receiver = (self.up, self.down) if self._up_now else (self.down, self.up)
        acks = self._acks(sender.data_packets, segments)
        rides = self.stack.server_rides if self._up_now else self.stack.module_rides
        if answered and rides and not (self.stack.first_alone and not sender.data_packets):
            acks -= 1
        sender.data_packets += segments
        sender.packets += segments
        receiver.packets += acks

    def _acks(self, before: int, segments: int) -> int:
        quick = max(0, min(self.stack.quick - before, segments))
        return quick - (quick - segments) // self.stack.every


def way(side: Side, stack: Stack, *, ipv6: bool = False, handshake: bool = True) -> OneWay:
    """Packets and headers of `side`; its data are left to whoever knows what they are."""
    options = side.packets * stack.options
    if handshake and side.packets:
        options += stack.syn_options - stack.options
    return OneWay(
        headers=side.packets * (HEADERS + IPV6_MORE * ipv6),
        options=options,
        packets=side.packets,
        data_packets=side.data_packets,
    )


def heartbeat(up: int, down: int, stack: Stack = OPERATOR) -> Bill:
    """One message of `up` bytes and its answer of `down` bytes on a connection that is open.

    164 bytes for 2 and 2 by `OPERATOR`, 124 by `OPERATOR_RIDING` (docs/spec/flows.md §6).
    """
    tally = Tally(stack)
    tally.data(True, up)
    tally.data(False, down)
    ended = tally.so_far()
    return Bill(
        way(ended.up, stack, handshake=False) + OneWay(payload=up),
        way(ended.down, stack, handshake=False) + OneWay(payload=down),
    )


def datagram(size: int, more: int = 0) -> OneWay:
    """One UDP datagram with `size` bytes, or one ICMP echo; `more` is what IPv6 adds."""
    return OneWay(payload=size, headers=UDP_HEADERS + more, packets=1, data_packets=1)


def name_datagram(size: int, more: int = 0) -> OneWay:
    """The same to or from a name server."""
    return OneWay(dns=UDP_HEADERS + more + size, packets=1)


def name_query(name: str, *, found: bool = True) -> Bill:
    """The question for the IPv4 address of `name` (RFC 1035 §4) and an answer with one record."""
    # Header, the name as labels with its root, type and class; the answer repeats all of it.
    question = 12 + len(name.rstrip(".")) + 2 + 4
    answer = question + (16 if found else 0)
    return Bill(name_datagram(question), name_datagram(answer))
