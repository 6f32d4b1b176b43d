"""The chunked coding: one reader of it for bodies and for the meter; it always ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atwin.net.http.bodies import Chunks
from atwin.net.http.response import HEAD_LIMIT

#: Bytes in the shape of the coding, right and wrong.
CODED = st.lists(
    st.sampled_from([b"5", b"0", b"-5", b"+5", b"0x5", b" 5", b"5_0", b"F" * 16, b"F" * 5000])
    | st.sampled_from([b"\r\n", b"\n", b"\r", b";", b"; a=b", b"hello", b"X: y"])
    | st.binary(max_size=20)
).map(b"".join)


def fed(*pieces: bytes) -> tuple[bytes, bool, bool]:
    chunks = Chunks()
    body = b"".join(bytes(body) for piece in pieces for body in chunks.feed(piece))
    return body, chunks.ended, chunks.broken is not None


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5\nhello\n0\n\n", b"hello"),
        (b"05 \t;a=b\r\nhello\r\n000;\r\nX: y\r\nZ\r\n\r\n", b"hello"),
        (b"A\r\n0123456789\r\n0\r\n\r\n5\r\nafter", b"0123456789"),
    ],
)
def test_a_body(data: bytes, body: bytes) -> None:
    assert fed(data) == (body, True, False)
    assert fed(*(data[i : i + 1] for i in range(len(data)))) == (body, True, False)


NO_SIZES = (b"-5", b"+5", b"0x5", b" 5", b"5_0", b"", b"5 5", b"\xb2", b"g", b"5" * 17, b"5" * 5000)


@pytest.mark.parametrize("size", NO_SIZES)
def test_what_is_no_size_breaks_the_coding_and_ends_it(size: bytes) -> None:
    start = b"2\r\nab\r\n"
    assert fed(start + size + b"\r\nhello\r\n0\r\n\r\n") == (b"ab", False, True)


@pytest.mark.parametrize(
    "data",
    [
        b"2\r\nabc\r\n",
        b"5;" + b"x" * HEAD_LIMIT,
        b"0\r\n" + b"X: y\r\n" * HEAD_LIMIT,
        b"2\r\nab" + b"\r" * HEAD_LIMIT + b"\r",
    ],
)
def test_what_does_not_end_is_given_up(data: bytes) -> None:
    assert fed(data)[1:] == (False, True)


@given(CODED, st.lists(st.integers(0, 200), max_size=6))
@example(b"-5\r\nhello\r\n0\r\n\r\n", [])
def test_any_bytes_end_and_cuts_do_not_matter(data: bytes, cuts: list[int]) -> None:
    whole = fed(data)
    assert len(whole[0]) <= len(data)
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    assert fed(*(data[a:b] for a, b in pairwise(places))) == whole
