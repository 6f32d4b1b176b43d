"""Headers, framing and bodies told apart, however the bytes come."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.net.http.response import HEAD_LIMIT
from atwin.net.meter.split import Message

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
TRAILER = b"0\r\nDigest: x\r\n\r\n"


def passed(*pieces: bytes) -> tuple[int, int]:
    message = Message()
    for piece in pieces:
        message.pass_on(piece)
    return message.head, message.body


@pytest.mark.parametrize(
    ("data", "head", "body"),
    [
        (b"", 0, 0),
        (HEAD[:-1], len(HEAD) - 1, 0),
        (HEAD + b"12345", len(HEAD), 5),
        (HEAD + b"\r\n\r\n", len(HEAD), 4),
        (CONTINUE + HEAD + b"1", len(CONTINUE) + len(HEAD), 1),
        (SWITCH + b"raw", len(SWITCH), 3),
        (CHUNKED + b"5\r\nhello\r\n" + TRAILER, len(CHUNKED) + 5 + len(TRAILER), 5),
        (CHUNKED + b"3;a=b\r\nabc\r\n10\r\n" + b"\n" * 16, len(CHUNKED) + 7 + 2 + 4, 19),
        (CHUNKED + b"zz\r\nabc", len(CHUNKED) + 7, 0),
        (b"POST / HTTP/1.1\r\nHost: h\r\n\r\n\x00\xff", 28, 2),
        (b"SSH-2.0-x\r\n" + b"x" * 9000, 9011, 0),
        (b"x" * 9000, 9000, 0),
    ],
)
def test_head_and_body(data: bytes, head: int, body: int) -> None:
    assert passed(data) == (head, body)
    if len(data) < HEAD_LIMIT:
        assert passed(*(data[i : i + 1] for i in range(len(data)))) == (head, body)


@given(
    st.sampled_from([HEAD, CHUNKED, CONTINUE + CHUNKED, SWITCH]),
    st.binary(max_size=60),
    st.lists(st.integers(0, 150), max_size=6),
)
def test_nothing_is_lost_and_cuts_do_not_matter(head: bytes, rest: bytes, cuts: list[int]) -> None:
    data = head + rest
    whole = passed(data)
    assert sum(whole) == len(data)
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    assert passed(*(data[a:b] for a, b in pairwise(places))) == whole


def test_endless_interim_responses_are_only_counted() -> None:
    assert passed(CONTINUE * 5000, HEAD + b"12345") == (5000 * len(CONTINUE) + len(HEAD), 5)


@pytest.mark.parametrize("size", [b"-5", b"-4", b"+5", b"0x5", b" 5", b"5_0", b"F" * 5000])
def test_a_broken_size_is_counted_and_the_meter_goes_on(size: bytes) -> None:
    data = CHUNKED + size + b"\r\nhello\r\n0\r\n\r\n"
    assert passed(data) == (len(data), 0)
    assert passed(*(data[i : i + 1] for i in range(len(data)))) == (len(data), 0)


def test_what_is_no_http_is_not_searched_for_ever() -> None:
    assert passed(*[b"x" * 1000] * 20) == (9000, 11000)
