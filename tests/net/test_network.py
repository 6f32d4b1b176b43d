"""HOST:PORT, as --tcp, --rfc2217 and --panel take it."""

from __future__ import annotations

import pytest

from atwin.net.network import address_and_port, host_and_port


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:7000", "127.0.0.1", 7000),
        ("bench.example:0", "bench.example", 0),
        ("::1:7000", "::1", 7000),
        ("[::1]:7000", "::1", 7000),
        (":::65535", "::", 65_535),
        ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
    ],
)
def test_host_and_port_are_taken_apart(text: str, host: str, port: int) -> None:
    assert host_and_port(text) == (host, port)
    assert host_and_port(address_and_port(host, port)) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        *("", "7000", ":7000", "[]:7000", "::1", "2001:db8::1", "a:b:7000", "http://x:1"),
        *("a:", "a:-1", "a:1 ", "a:65536"),
    ],
)
def test_what_is_neither(text: str) -> None:
    assert host_and_port(text) is None
