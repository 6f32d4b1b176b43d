"""The request's bytes (docs/spec/http.md §3.5)."""

from __future__ import annotations

import pytest

from atwin.net.http import Request
from atwin.net.url import Url

URL = Url.parse(b"http://httpbin.org/post")
AGENT = (b"User-Agent", b"AM_MODULE")


def test_the_worked_example_is_122_bytes() -> None:
    """The head that docs/spec/flows.md §6 counts, with its 10-byte body announced."""
    head = Request("POST", URL, [AGENT], body=b"0123456789").head()
    assert head == (
        b"POST /post HTTP/1.1\r\n"
        b"Host: httpbin.org\r\n"
        b"User-Agent: AM_MODULE\r\n"
        b"Accept: */*\r\n"
        b"Connection: keep-alive\r\n"
        b"Content-Length: 10\r\n"
        b"\r\n"
    )
    assert len(head) == 122


def test_every_line_in_its_place() -> None:
    headers = [
        AGENT,
        (b"Content-Type", b"text/plain"),
        (b"Range", b"bytes=0-9"),
        (b"X-One", b"1"),
        (b"x-two", b"2"),
        (b"X-One", b"again"),
    ]
    url = Url.parse(b"http://me:x@device.test:81/a?b=\xd6")
    assert Request("POST", url, headers, announced=5).head() == (
        b"POST /a?b=\xd6 HTTP/1.1\r\n"
        b"Host: device.test:81\r\n"
        b"User-Agent: AM_MODULE\r\n"
        b"Accept: */*\r\n"
        b"Connection: keep-alive\r\n"
        b"Content-Length: 5\r\n"
        b"Content-Type: text/plain\r\n"
        b"Range: bytes=0-9\r\n"
        b"Authorization: Basic bWU6eA==\r\n"
        b"X-One: 1\r\n"
        b"x-two: 2\r\n"
        b"X-One: again\r\n"
        b"\r\n"
    )


def test_a_user_line_replaces_a_generated_one_where_it_stood() -> None:
    headers = [AGENT, (b"X-First", b"1"), (b"hOST", b"virtual"), (b"user-agent", b"mine")]
    head = Request("GET", URL, headers).head()
    assert head.split(b"\r\n")[1:5] == [
        b"hOST: virtual",
        b"user-agent: mine",
        b"Accept: */*",
        b"Connection: keep-alive",
    ]
    assert head.endswith(b"\r\nX-First: 1\r\n\r\n")


def test_a_users_authorization_wins_over_the_url() -> None:
    url = Url.parse(b"http://me:x@device.test/")
    head = Request("GET", url, [(b"authorization", b"Bearer t")]).head()
    assert head.count(b"uthorization") == 1
    assert b"\r\nauthorization: Bearer t\r\n" in head


def test_only_post_has_a_length() -> None:
    assert b"Content-Length: 0\r\n" in Request("POST", URL).head()
    for method in ("GET", "HEAD"):
        assert b"Content-Length" not in Request(method, URL).head()


def test_a_proxy_gets_the_whole_url() -> None:
    assert (
        Request("GET", URL, via_proxy=True)
        .head()
        .startswith(b"GET http://httpbin.org/post HTTP/1.1\r\nHost: httpbin.org\r\n")
    )


@pytest.mark.parametrize("value", [b"a\r\nInjected: b", b"a\nb", b"a\0b"])
def test_a_header_cannot_end_its_line(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        Request("GET", URL, [(b"X", value)]).head()
