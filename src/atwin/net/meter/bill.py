"""What traffic was made of, in IP bytes as an operator counts (docs/spec/flows.md §6)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import repeat
from operator import add, attrgetter, mul
from typing import Any, ClassVar, Self

#: The kinds of bytes, and how they are called in front of people.
KINDS = {
    "payload": "payload",
    "http": "HTTP headers",
    "tls": "TLS",
    "headers": "TCP/IP headers",
    "options": "TCP options",
    "dns": "DNS",
    "retransmitted": "retransmissions",
    "unread": "received, not read",
}


class _Sum:
    """Numbers, and sums of them, that are added and multiplied one by one."""

    __slots__ = ()

    #: Takes all of them out, in their order; ready made, for each end of a connection adds many.
    _numbers: ClassVar[attrgetter[tuple[Any, ...]]]

    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, self._numbers(self), self._numbers(other)))

    def __mul__(self, times: int) -> Self:
        return type(self)(*map(mul, self._numbers(self), repeat(times)))


@dataclass(frozen=True, slots=True)
class OneWay(_Sum):
    """One direction. All but the two counts of packets are bytes, and add up to `total`."""

    #: Bodies of requests and responses; everything a bare TCP or UDP link carries.
    payload: int = 0
    #: Request and status lines, headers, the framing of chunked bodies.
    http: int = 0
    #: Handshakes, and what records add to their content.
    tls: int = 0
    #: IP and TCP (UDP) headers without options: 40 (28) a packet, 60 (48) over IPv6.
    headers: int = 0
    options: int = 0
    dns: int = 0
    #: Segments that went again, with their headers. Of received ones only those that were of no
    #: use, since what was lost on its way here was never seen.
    retransmitted: int = 0
    #: What had come when a connection was cut, and nobody took any more.
    unread: int = 0
    #: IP packets, ACKs and DNS included, and those with data of a connection in them.
    packets: int = 0
    data_packets: int = 0

    @property
    def total(self) -> int:
        """Bytes."""
        return sum(getattr(self, kind) for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Bill(_Sum):
    """Both directions, seen from the module."""

    up: OneWay = field(default_factory=OneWay)
    down: OneWay = field(default_factory=OneWay)
    #: TCP connections tried, established or not.
    connections: int = 0

    @property
    def total(self) -> int:
        """Bytes."""
        return self.up.total + self.down.total

    @property
    def packets(self) -> int:
        """IP packets."""
        return self.up.packets + self.down.packets

    def kind(self, name: str) -> int:
        """Bytes of one of `KINDS`, both directions."""
        both: int = getattr(self.up, name) + getattr(self.down, name)
        return both

    def as_dict(self) -> dict[str, object]:
        """For JSON: totals first, then each direction kind by kind."""
        ways = {
            name: {"total": way.total, **{f.name: getattr(way, f.name) for f in fields(OneWay)}}
            for name, way in (("up", self.up), ("down", self.down))
        }
        return {
            "total": self.total,
            "packets": self.packets,
            "connections": self.connections,
            **ways,
        }


@dataclass(frozen=True, slots=True)
class Count(_Sum):
    """The same traffic counted twice.

    `wire`: what this computer really sent and received where its kernel counts, with the TCP
    options and ACKs of its stack; else the model. `operator`: the rules of docs/spec/flows.md §6,
    as a module's stack sends it: no TCP options, an ACK for every segment, nothing sent again.
    """

    wire: Bill = field(default_factory=Bill)
    operator: Bill = field(default_factory=Bill)
    #: Connections of `wire` that the kernel counted; the others are by the model.
    by_kernel: int = 0

    @property
    def counted_by(self) -> str:
        """Who counted `wire`: "kernel", "model", or "kernel and model"."""
        if self.by_kernel == 0:
            return "model"
        return "kernel" if self.by_kernel == self.wire.connections else "kernel and model"

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "counted_by": self.counted_by,
            "wire": self.wire.as_dict(),
            "operator": self.operator.as_dict(),
        }


for _kind in (OneWay, Bill, Count):
    _kind._numbers = attrgetter(*(each.name for each in fields(_kind)))
