"""Each URC reads back as what it was written from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.at.urc import (
    BearerDeact,
    HttpAction,
    HttpExAction,
    HttpExGetReady,
    HttpExPosted,
    HttpExPostReady,
    HttpGetToFs,
    Urc,
    parse_urc,
)

number = st.integers(0, 999_999)
urcs = st.one_of(
    st.builds(HttpAction, number, number, number),
    st.builds(HttpExAction, number, number),
    st.builds(HttpExPosted, number),
    st.builds(HttpGetToFs, number, number),
    st.builds(BearerDeact, number),
    st.sampled_from([HttpExPostReady(), HttpExGetReady()]),
)


@given(urcs)
def test_round_trip(urc: Urc) -> None:
    assert parse_urc(str(urc)) == urc


@pytest.mark.parametrize(
    ("line", "urc"),
    [
        ("+HTTPACTION:0,200,1348", HttpAction(0, 200, 1348)),
        ("+HTTPACTION: 0,200,285\r", HttpAction(0, 200, 285)),
        ("+SAPBR 1: DEACT", BearerDeact(1)),
        ("+SAPBR: 1,1", None),
        ("+HTTPACTION: 0,200", None),
        ("OK", None),
    ],
)
def test_texts_seen(line: str, urc: Urc | None) -> None:
    assert parse_urc(line) == urc
