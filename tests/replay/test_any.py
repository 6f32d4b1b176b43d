"""Any bytes at all: recordings are made by others, and so are hosts and modules."""

from __future__ import annotations

import asyncio

from hypothesis import example, given
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.replay.compare import compare, differences
from atwin.replay.host import ReplayedHost
from atwin.replay.ignoring import Ignoring
from atwin.replay.module import ReplayedModule
from atwin.replay.recording import RecordingError, exchanges_of
from atwin.trace.exchanges import Exchanges
from atwin.trace.pcap.reading import Piece

WORDS = [
    *(b"AT\r", b"AT+CSQ\r", b"AT+HTTPDATA=5,1000\r", b"AT+CIPSEND\r", b"AT+CIPMODE=1\r", b"ATO\r"),
    *(b"A/", b"ATV0\r", b"AT+HTTPREAD\r\n", b"AT+FSREAD=a,0,9,0\r", b"AT+CIPSTATUS\r", b"+++"),
    *(b"hello", b"\x1a", b"\r\nOK\r\n", b"\r\nERROR\r\n", b"\r\n> ", b"\r\nDOWNLOAD\r\n"),
    *(
        b"\r\nCONNECT\r\n",
        b"+CSQ: 1,0\r\n",
        b"\r\n+HTTPREAD: 5\r\n",
        b"+RECEIVE,0,4:\r\n",
        b"+IPD,3:",
    ),
    *(b"\r\n+HTTPACTION: 0,200,5\r\n", b"\r\nCLOSED\r\n", b"RDY\r\n", b"0\r", b"\r\n", b"\0\xff"),
]
PIECES = st.lists(
    st.builds(
        Piece,
        st.sampled_from([0.0, 0.1, 0.5, 7.0]),
        st.sampled_from("<>"),
        st.sampled_from(WORDS) | st.binary(max_size=8),
    ),
    max_size=25,
)


def in_order(pieces: list[Piece]) -> list[Piece]:
    """With the times, which are pauses, added up."""
    t = 0.0
    return [Piece(t := t + piece.t, piece.direction, piece.data) for piece in pieces]


#: A body after lines that may be of another one, and then more.
LONGER = [
    Piece(0.0, ">", b"AT+HTTPREAD\r"),
    Piece(0.0, "<", b"hello, hello\r\n"),
    Piece(0.0, "<", b"\r\n+HTTPREAD: 5\r\nhello"),
    Piece(0.0, "<", b"\r\nOK\r\n"),
]


@given(PIECES)
@example(LONGER)
def test_no_byte_is_left_out_and_nothing_differs_from_itself(pieces: list[Piece]) -> None:
    heard = Exchanges()
    for piece in in_order(pieces):
        heard.feed(piece.t, piece.direction, piece.data)
    heard.end()
    for way in "<>":
        sent = b"".join(piece.data for piece in pieces if piece.direction == way)
        assert b"".join(step.raw for step in heard.steps if step.way == way) == sent
    assert differences(compare(heard.all, heard.all, Ignoring(usual=True), polls=True)) == []


@given(PIECES, PIECES)
def test_any_recording_is_replayed_to_its_end(pieces: list[Piece], others: list[Piece]) -> None:
    """Its host on the module of another one."""
    try:
        one, two = (exchanges_of(in_order(each)) for each in (pieces, others))
    except RecordingError:
        return

    async def main() -> None:
        near, far = memory_pair()
        clock = LoopClock()
        async with asyncio.timeout(100_000), ReplayedModule(far, two, clock):
            host = ReplayedHost(near, one, clock)
            await host.run()
            compare(one.all, host.heard.all, Ignoring(usual=True))

    run_virtual(main())


def test_what_goes_on_for_days_takes_no_more_memory() -> None:
    heard = Exchanges(most=10_000)
    for number in range(2000):
        heard.feed(number, ">", b"AT+CSQ\r")
        heard.feed(number, "<", b"AT+CSQ\r\r\n+CSQ: 9,0\r\n\r\nOK\r\n")
    assert 5 < len(heard.all) < 20
    assert len(heard.steps) == sum(len(exchange.steps) for exchange in heard.all)
    assert heard.current is heard.all[-1]
    assert heard.current.result is not None
    for number in range(2000):
        heard.feed(3000 + number, "<", b"RING\r\n")
    assert len(heard.steps) < 100
