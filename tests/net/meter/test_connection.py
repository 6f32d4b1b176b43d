"""One connection by what the kernel says of it, number by number."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from atwin.net.meter.bill import KINDS, Count
from atwin.net.meter.connection import LAST_BYTES, ConnectionMeter
from atwin.net.meter.kernel import KernelCount
from atwin.net.meter.split import HttpSplit

#: A request of 100 bytes and an answer of 2000 in two segments; our FIN is out, no other came.
ANSWERED = KernelCount(
    state=5,
    agreed=1 | 2 | 4,
    packets_out=5,
    packets_in=4,
    data_packets_out=1,
    data_packets_in=2,
    retransmitted_packets=0,
    retransmitted_bytes=0,
    dropped=0,
    out_of_order=0,
    segment_in=1448,
    sent=100,
    received=2000,
)


def counted(*said: KernelCount, http: bool = False, read: int = 2000) -> Count:
    """After the kernel has said this, one after the other; 53 bytes were written last."""
    meter = ConnectionMeter(http=http)
    meter.tally.open()
    meter.tally.data(True, 100)
    meter.tally.data(False, read)
    meter.last_read, meter.last_written = read, 53
    for kernel in said:
        meter.ask_kernel = lambda kernel=kernel: kernel  # type: ignore[misc]
        meter.note_kernel()
    meter.settle()
    count = meter.count()
    assert meter.count() is count  # several accounts ask for it
    for way in (count.wire.up, count.wire.down, count.operator.up, count.operator.down):
        assert way.total == sum(getattr(way, kind) for kind in KINDS)
    return count


def test_headers_options_and_data() -> None:
    wire = counted(ANSWERED).wire
    # A SYN has 20 bytes of options, every other packet 12.
    assert wire.up.total == 5 * 40 + 20 + 4 * 12 + 100
    assert wire.down.total == 4 * 40 + 20 + 3 * 12 + 2000
    assert (wire.down.unread, wire.down.retransmitted) == (0, 0)
    bare = counted(replace(ANSWERED, agreed=2)).wire.up
    assert bare.options == 4 + 4


def test_what_went_again() -> None:
    again = replace(ANSWERED, packets_out=7, retransmitted_packets=2, retransmitted_bytes=150)
    up = counted(again).wire.up
    assert (up.retransmitted, up.headers, up.payload) == (2 * 40 + 150, 5 * 40, 100)
    assert up.total == 7 * 40 + 20 + 6 * 12 + 100 + 150


@pytest.mark.parametrize(
    ("later", "read", "again"),
    [
        # A FIN said twice has no data.
        ({"packets_in": 6, "dropped": 1, "received": 2001, "state": 7}, 2000, 40),
        # The last segment said twice: the answer's end, or what nobody read of it.
        ({"packets_in": 5, "dropped": 1, "data_packets_in": 3}, 2000, 40 + 2000 - 1448),
        ({"packets_in": 5, "dropped": 1, "data_packets_in": 3}, 1963, 40 + 37),
        # Where there is no order, or no room, full ones.
        ({"packets_in": 5, "dropped": 1, "data_packets_in": 3, "out_of_order": 1}, 2000, 40 + 1448),
        (
            {"packets_in": 6, "dropped": 2, "data_packets_in": 4},
            2000 - LAST_BYTES - 1,
            2 * (40 + 1448),
        ),
        # Two probes of a window that is closed.
        ({"packets_in": 6, "dropped": 2}, 2000 - LAST_BYTES - 1, 2 * 40),
        # Out of order and of use.
        ({"packets_in": 5, "data_packets_in": 3}, 2000, 0),
    ],
)
def test_what_came_again(later: dict[str, int], read: int, again: int) -> None:
    assert counted(ANSWERED, replace(ANSWERED, **later), read=read).wire.down.retransmitted == again


def test_a_close_notify_that_came_again() -> None:
    said = replace(ANSWERED, packets_in=5, dropped=1, data_packets_in=3, received=2001, state=7)
    assert counted(said, http=True, read=2001).wire.down.retransmitted == 40 + 53


@pytest.mark.parametrize(("state", "more"), [(1, 1), (5, 1), (6, 0), (8, 0), (9, 0), (11, 0)])
def test_a_fin_counts_as_a_byte_only_for_the_kernel(state: int, more: int) -> None:
    count = counted(replace(ANSWERED, state=state, received=2001))
    assert count.wire.down.unread == more


def test_what_the_server_says_last() -> None:
    over = replace(ANSWERED, state=9, received=2000 + 1)  # with its FIN
    assert counted(over, read=2000 - LAST_BYTES).wire.down.unread == LAST_BYTES
    secure = counted(over, http=True, read=2000 - LAST_BYTES).wire.down
    assert (secure.unread, secure.tls) == (0, 2000)
    cut = counted(over, http=True, read=2000 - LAST_BYTES - 1).wire.down
    assert (cut.unread, cut.tls) == (LAST_BYTES + 1, 2000 - LAST_BYTES - 1)
    # What nobody read takes segments all the same.
    assert counted(over, read=500).operator.down.data_packets == 2


class _Deaf:
    async def read(self, limit: int) -> bytes:
        return b""

    async def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize(("sent", "http", "payload"), [(100, 78, 22), (60, 60, 0), (0, 0, 0)])
def test_what_was_written_but_never_left_is_not_paid_for(
    sent: int, http: int, payload: int
) -> None:
    meter = ConnectionMeter(http=True)
    meter.tally.open()
    meter.split = HttpSplit(_Deaf())
    request = b"POST / HTTP/1.1\r\nX: %b\r\n\r\n" % (b"x" * 54) + bytes(22)
    asyncio.run(meter.split.write(request))
    meter.tally.data(True, len(request))
    meter.ask_kernel = lambda: replace(ANSWERED, sent=sent, received=0, data_packets_in=0)
    up = meter.count().wire.up
    assert (up.http, up.payload, up.tls) == (http, payload, 0)
    assert up.total == up.headers + up.options + sent
