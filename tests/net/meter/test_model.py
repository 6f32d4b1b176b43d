"""The worked examples of docs/spec/flows.md §6, to the byte."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atwin.net.http.request import Request
from atwin.net.meter.bill import Bill, OneWay
from atwin.net.meter.model import (
    LINUX,
    OPERATOR,
    OPERATOR_RIDING,
    Stack,
    Tally,
    datagram,
    heartbeat,
    name_query,
    way,
)
from atwin.net.url import Url

#: docs/spec/http.md §3.5 with `Content-Length: 10`.
POST_10 = Request(
    "POST",
    Url.parse(b"http://httpbin.org/post"),
    [(b"User-Agent", b"AM_MODULE")],
    b"0123456789",
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def connection(*runs: tuple[bool, int], stack: Stack = OPERATOR) -> tuple[OneWay, OneWay]:
    tally = Tally(stack)
    tally.open()
    for up, size in runs:
        tally.data(up, size)
    tally.close()
    return way(tally.up, stack) + OneWay(payload=tally.up.data), way(tally.down, stack) + OneWay(
        payload=tally.down.data
    )


def test_a_heartbeat_a_minute() -> None:
    beat = heartbeat(2, 2)
    assert (beat.up.total, beat.down.total) == (42 + 40, 42 + 40)
    assert beat.total == 164
    riding = heartbeat(2, 2, OPERATOR_RIDING)
    assert (riding.up.total, riding.down.total) == (42 + 40, 42)
    assert riding.total == 124


def test_ten_bytes_a_hundred_times() -> None:
    assert len(POST_10.head()) == 122
    assert len(ANSWER) == 40
    up, down = connection((True, len(POST_10.head()) + 10), (False, len(ANSWER)))
    assert (up.total, down.total) == (372, 240)
    assert (up.packets, down.packets) == (6, 5)
    assert (Bill(up, down) * 100).total == 61200


def test_a_part_of_a_file() -> None:
    tally = Tally()
    tally.data(False, 400 + 307200)
    ended = tally.so_far()
    assert ended.down.data_packets == 211
    assert (way(ended.down, OPERATOR) + OneWay(payload=ended.down.data)).total == 316040
    assert way(ended.up, OPERATOR).total == 8440


def test_datagrams() -> None:
    assert datagram(100).total == 128


def test_a_name() -> None:
    # 12 header, 10httpbin3org0 is 13 bytes with its length bytes... counted by hand: 7+1+3+1+1.
    asked = name_query("httpbin.org")
    assert asked.up.total == 28 + 12 + (1 + 7 + 1 + 3 + 1) + 4
    assert asked.down.total == asked.up.total + 16
    assert name_query("httpbin.org", found=False).down.total == asked.up.total


def test_counting_goes_on_behind_a_look() -> None:
    looked, other = Tally(), Tally()
    for _ in range(3):
        for tally in (looked, other):
            tally.data(True, 1000)
        looked.so_far()
    assert looked.so_far().up == other.so_far().up
    assert looked.so_far().up.data_packets == 3  # 3000 bytes, not three times 1000
    assert looked.so_far(more_down=1).down.data_packets == 1


def test_what_is_pushed_is_a_segment_of_its_own() -> None:
    tally = Tally()
    tally.data(False, 240)
    tally.push()
    tally.data(False, 1460)
    assert tally.so_far().down.data_packets == 2


def test_a_connection_that_is_reset() -> None:
    tally = Tally()
    tally.open()
    tally.close(reset=True)
    assert (tally.up.packets, tally.down.packets) == (2 + 1, 1)


def test_time_stamps_of_a_heartbeat() -> None:
    beat = heartbeat(2, 2, LINUX)
    assert (beat.up.options, beat.down.options) == (12 * beat.up.packets, 12 * beat.down.packets)


def test_acks_of_linux() -> None:
    for segments, acks in ((16, 16), (17, 17), (18, 17), (36, 26)):
        tally = Tally(LINUX)
        tally.data(False, segments * LINUX.segment)
        assert tally.so_far().up.packets == acks


def test_a_connection_that_does_not_come_about() -> None:
    refused, silent = Tally(), Tally()
    refused.refuse(answered=True)
    silent.refuse(answered=False)
    assert (refused.up.packets, refused.down.packets) == (1, 1)
    assert (silent.up.packets, silent.down.packets) == (1, 0)
    # A SYN carries no more than the options of a SYN.
    assert way(silent.up, LINUX).options == 20


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 100_000)), max_size=20))
def test_laws(runs: list[tuple[bool, int]]) -> None:
    up, down = connection(*runs)
    # Every segment is acknowledged by one packet of the other side, beside 3 and 4.
    assert up.packets == 2 + up.data_packets + down.data_packets + 2
    assert down.packets == 1 + up.data_packets + down.data_packets + 2
    assert up.headers == 40 * up.packets
    assert up.options == down.options == 0
    stamped_up, stamped_down = connection(*runs, stack=LINUX)
    assert stamped_up.options == 12 * stamped_up.packets + 8
    assert stamped_up.payload + stamped_down.payload == up.payload + down.payload
    assert stamped_up.packets <= up.packets + len(runs) + up.data_packets // 100 + 1


@given(st.integers(1, 10_000_000))
def test_segments_are_full_but_for_the_last(size: int) -> None:
    _, down = connection((False, size))
    assert down.data_packets == -(-size // 1460)
