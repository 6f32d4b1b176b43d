"""Each URC reads back as what it was written from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.at.urc import (
    BearerDeact,
    Closed,
    Connect,
    ConnectFail,
    ConnectOk,
    DataWaiting,
    HttpAction,
    HttpExAction,
    HttpExGetReady,
    HttpExPosted,
    HttpExPostReady,
    HttpGetToFs,
    NameResolved,
    NameUnknown,
    PdpDeact,
    SceneState,
    TransportError,
    Urc,
    parse_urc,
)

number = st.integers(0, 999_999)
link = st.none() | st.integers(0, 5)
urcs = st.one_of(
    st.builds(HttpAction, number, number, number),
    st.builds(HttpExAction, number, number),
    st.builds(HttpExPosted, number),
    st.builds(HttpGetToFs, number, number),
    st.builds(BearerDeact, number),
    st.sampled_from([HttpExPostReady(), HttpExGetReady(), Connect(), PdpDeact()]),
    st.builds(ConnectOk, link),
    st.builds(ConnectFail, link),
    st.builds(Closed, link),
    st.builds(DataWaiting, link),
    st.builds(TransportError, st.sampled_from(["TCP", "UDP"]), st.integers(0, 18)),
    st.builds(SceneState, st.sampled_from(["IP INITIAL", "TCP CLOSED", "PDP DEACT"])),
    st.builds(NameResolved, st.sampled_from(["a.example", "1"]), st.just("198.51.100.1")),
    st.builds(NameUnknown, st.integers(10, 15)),
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
        ("1,CONNECT OK", ConnectOk(1)),
        ("+PDP DEACT", PdpDeact()),
        ("+PDP:DEACT", PdpDeact()),
        ("TCP ERROR:14", TransportError("TCP", 14)),
        ("+CDNSGIP:1,a.b,1.2.3.4", NameResolved("a.b", "1.2.3.4")),
        ("+CIPRXGET: 2,10,0", None),
        ("OK", None),
        ("+HTTPACTION:  0,200,15", HttpAction(0, 200, 15)),
        ("+HTTPACTION: 0, 206, 6000", HttpAction(0, 206, 6000)),
        ("+HTTPACTION : 0 ,206 ,6000", HttpAction(0, 206, 6000)),
        ("+HTTPEXACTION: 0, 200", HttpExAction(0, 200)),
        ("+HTTPGETTOFS: 200, 9", HttpGetToFs(200, 9)),
        ("+SAPBR: 1: DEACT", BearerDeact(1)),
        ("1 , CLOSED", Closed(1)),
        ("+CIPRXGET: 1, 3", DataWaiting(3)),
        ("+CDNSGIP: 0, 11", NameUnknown(11)),
        (f"+HTTPACTION: 0,200,{'9' * 5000}", None),
        (f"+HTTPEXPOST: {'9' * 5000}", None),
        (f"+SAPBR {'1' * 5000}: DEACT", None),
        (f"TCP ERROR: {'1' * 5000}", None),
    ],
)
def test_texts_seen(line: str, urc: Urc | None) -> None:
    assert parse_urc(line) == urc
