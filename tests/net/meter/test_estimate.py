"""Exchanges that have not been made, by their sizes."""

from __future__ import annotations

from atwin.net.http.request import Request
from atwin.net.meter.estimate import PlannedExchange, estimate
from atwin.net.meter.tls_size import TlsShape
from atwin.net.tls.suites import suites_for
from atwin.net.url import Url


def get(url: bytes, size: int) -> PlannedExchange:
    return PlannedExchange(Request("GET", Url.parse(url)), 40, size - 40)


def test_segments_over_ipv6_are_smaller_and_headers_larger() -> None:
    four = estimate([get(b"http://192.0.2.1/", 2881)]).operator.down
    assert (four.data_packets, four.headers) == (2, 40 * four.packets)
    six = estimate([get(b"http://[2001:db8::1]/", 2881)]).operator.down
    assert (six.data_packets, six.headers) == (3, 60 * six.packets)


def test_only_names_are_asked_for() -> None:
    assert estimate([get(b"http://192.0.2.1/", 99)], dns=True).operator.up.dns == 0
    assert estimate([get(b"http://httpbin.org/", 99)], dns=True).operator.up.dns == 57


def test_records() -> None:
    sizes = {}
    for number in (0x0035, 0x0005, 0x000A, 0x003D):
        shape = TlsShape(suites_for(number)[0])
        sizes[number] = (shape.record(0), shape.record(11), shape.record(12))
        assert shape.records(16384 * 2 + 1) == 2 * shape.record(16384) + shape.record(1)
        assert shape.records(16384) == shape.record(16384)
    # Header, IV, then content, MAC and 1 to a block of padding (RFC 5246 chapter 6.2.3).
    assert sizes == {
        0x0035: (5 + 16 + 32, 5 + 16 + 32, 5 + 16 + 48),
        0x0005: (5 + 20, 5 + 31, 5 + 32),
        0x000A: (5 + 8 + 24, 5 + 8 + 32, 5 + 8 + 40),
        0x003D: (5 + 16 + 48, 5 + 16 + 48, 5 + 16 + 48),
    }
