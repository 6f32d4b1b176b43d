"""What Linux itself counted of a TCP connection: getsockopt TCP_INFO and SO_MEMINFO.

`struct tcp_info` (linux/tcp.h) only ever grows at its end. The fields read here, all there since
Linux 4.19, and their offsets:

      0  u8  tcpi_state                 136  u32 tcpi_segs_out, every packet sent
      5  u8  tcpi_options               140  u32 tcpi_segs_in, every packet received
     20  u32 tcpi_rcv_mss               152  u32 tcpi_data_segs_in
    100  u32 tcpi_total_retrans         224  u32 tcpi_rcv_ooopack (since 5.5)
    128  u64 tcpi_bytes_received        156  u32 tcpi_data_segs_out
                                        200  u64 tcpi_bytes_sent, those sent again too
                                        208  u64 tcpi_bytes_retrans

Segments are counted as they are on the wire, however large the pieces are in which the kernel
hands them to the driver. What came twice, or when there was no room, is in tcpi_segs_in but not in
tcpi_bytes_received; SO_MEMINFO's ninth number counts those packets. Their size nobody tells: see
`ConnectionMeter`.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass

from atwin.net.meter.bill import OneWay
from atwin.net.meter.model import HEADERS, IPV6_MORE, MSS

_INFO = struct.Struct("=B4xB14xI76xI24xQII8xII40xQQ")
_OUT_OF_ORDER = struct.Struct("=224xI")
_SO_MEMINFO = 55
_MEMORY = struct.Struct("=32xI")
_ESTABLISHED, _CLOSED = 1, 7
#: States in which the peer's FIN has come; `_CLOSED` depends.
_AFTER_FIN = (6, 8, 9, 11)

_TIMESTAMPS, _SACK, _WINDOW_SCALE = 1, 2, 4


@dataclass(frozen=True, slots=True)
class KernelCount:
    """A connection's counters at one moment."""

    state: int
    #: Bits of what the two ends agreed on: 1 time stamps, 2 SACK, 4 window scaling.
    agreed: int
    packets_out: int
    packets_in: int
    data_packets_out: int
    data_packets_in: int
    retransmitted_packets: int
    retransmitted_bytes: int
    #: Received packets that were of no use, and how many came out of order.
    dropped: int
    out_of_order: int
    #: The usual size of a received segment's data.
    segment_in: int
    #: Stream bytes sent, not counting again what was sent again.
    sent: int
    #: Stream bytes received in order; the peer's FIN counts as one.
    received: int

    @property
    def is_over(self) -> bool:
        """Both directions are closed, or the connection was reset."""
        return self.state == _CLOSED

    @property
    def fin_received(self) -> bool:
        """Certainly; once the connection is over only the reader knows."""
        return self.state in _AFTER_FIN

    @property
    def options(self) -> tuple[int, int]:
        """Bytes of TCP options in a SYN, and in any other packet without SACK blocks."""
        has_stamps, has_sack = bool(self.agreed & _TIMESTAMPS), bool(self.agreed & _SACK)
        syn = 4 + (12 if has_stamps else 4 * has_sack) + 4 * bool(self.agreed & _WINDOW_SCALE)
        return syn, 12 * has_stamps

    def ways(
        self, *, resets: int = 0, useless: int = 0, ipv6: bool = False
    ) -> tuple[OneWay, OneWay]:
        """Packets, headers, options and repetitions, up and down, without the data.

        `resets`: RST packets that went out when nobody could ask the kernel any more. `useless`:
        bytes of data in received packets that were of no use.
        """
        header = HEADERS + IPV6_MORE * ipv6
        syn, usual = self.options
        again = self.retransmitted_packets
        out = self.packets_out + resets
        up = OneWay(
            headers=(out - again) * header,
            options=syn + (out - 1) * usual,
            retransmitted=self.retransmitted_bytes + again * header,
            packets=out,
            data_packets=self.data_packets_out,
        )
        twice = min(self.dropped, self.packets_in)
        down = OneWay(
            headers=(self.packets_in - twice) * header,
            options=syn + (self.packets_in - 1) * usual if self.packets_in else 0,
            retransmitted=twice * header + useless,
            packets=self.packets_in,
            data_packets=self.data_packets_in,
        )
        return up, down


def read_kernel(connection: socket.socket) -> KernelCount | None:
    """The counters now; None where the system has none, or not those."""
    if sys.platform != "linux":
        return None
    try:
        raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 512)
        memory = connection.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 256)
    except OSError:
        return None
    if len(raw) < _INFO.size or len(memory) < _MEMORY.size:
        return None
    (state, agreed, segment_in, again, received, out, into, data_in, data_out, sent, sent_again) = (
        _INFO.unpack_from(raw)
    )
    return KernelCount(
        state=state,
        agreed=agreed,
        packets_out=out,
        packets_in=into,
        data_packets_out=data_out,
        data_packets_in=data_in,
        retransmitted_packets=again,
        retransmitted_bytes=sent_again,
        dropped=_MEMORY.unpack_from(memory)[0],
        out_of_order=_OUT_OF_ORDER.unpack_from(raw)[0] if len(raw) >= _OUT_OF_ORDER.size else 1,
        segment_in=segment_in,
        sent=sent - sent_again,
        received=received,
    )


def limit_segments(connection: socket.socket) -> None:
    """Before connecting: segments of the cellular MSS both ways, where the system can do it."""
    if sys.platform == "linux":
        ipv6 = connection.family == socket.AF_INET6
        size = MSS - IPV6_MORE * ipv6
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, size)
