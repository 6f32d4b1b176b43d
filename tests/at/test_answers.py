"""The host-direction parser: what a module sends, cut into events."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.at.answers import (
    LONGEST_LINE,
    AnswerParser,
    BodyData,
    BodyStart,
    Echo,
    Event,
    Final,
    Line,
    Prompt,
    Unsolicited,
)
from atwin.at.urc import BearerDeact, HttpAction, HttpExGetReady, Ready


def parse(sent: str, data: bytes, **expected: object) -> list[Event]:
    parser = AnswerParser()
    parser.begin(sent, **expected)  # type: ignore[arg-type]
    return parser.feed(data)


def joined(events: list[Event]) -> list[object]:
    """Events with the pieces of each body put together: what no split may change."""
    out: list[object] = []
    for event in events:
        if isinstance(event, BodyData):
            if out and isinstance(out[-1], bytes):
                out[-1] += bytes(event.data)
            else:
                out.append(bytes(event.data))
        else:
            out.append(event)
    return out


def test_echo_and_ok() -> None:
    assert parse("AT+HTTPINIT", b"AT+HTTPINIT\r\r\nOK\r\n") == [
        Echo("AT+HTTPINIT"),
        Final("OK", ok=True),
    ]


@pytest.mark.parametrize(
    ("wire", "final"),
    [
        (b"\r\nOK\r\n", Final("OK", ok=True)),
        (b"\nOK\n", Final("OK", ok=True)),
        (b"\rOK\r", Final("OK", ok=True)),
        (b"\r\nERROR\r\n", Final("ERROR", ok=False)),
        (b"\r\n+CME ERROR: 3\r\n", Final("+CME ERROR: 3", ok=False, code=3)),
        (b"\r\n+CME ERROR:3\r\n", Final("+CME ERROR:3", ok=False, code=3)),
        (
            b"\r\n+CME ERROR: operation not allowed\r\n",
            Final("+CME ERROR: operation not allowed", ok=False, code=3),
        ),
        (b"\r\n+CME ERROR: no such thing\r\n", Final("+CME ERROR: no such thing", ok=False)),
    ],
)
def test_finals(wire: bytes, final: Final) -> None:
    assert parse("AT+X", wire) == [final]


def test_custom_final() -> None:
    assert parse("AT+CIPSHUT", b"\r\nSHUT OK\r\n", finals=("SHUT OK",)) == [
        Final("SHUT OK", ok=True)
    ]


def test_information_lines_of_the_command_and_urcs_between_them() -> None:
    events = parse(
        'AT+HTTPPARA="URL","http://x/+CSQ";+CSQ',
        b"\r\n+CSQ: 22,0\r\n\r\n+CGEV: ME DETACH\r\n\r\n+HTTPACTION: 0,200,15\r\n\r\nOK\r\n",
    )
    assert events == [
        Line("+CSQ: 22,0"),
        Unsolicited("+CGEV: ME DETACH", None),
        Unsolicited("+HTTPACTION: 0,200,15", HttpAction(0, 200, 15)),
        Final("OK", ok=True),
    ]


def test_a_quoted_name_is_not_the_commands_own() -> None:
    events = parse('AT+HTTPPARA="URL","http://x/+CSQ"', b"\r\n+CSQ: 22,0\r\n")
    assert events == [Unsolicited("+CSQ: 22,0", None)]


def test_nothing_in_flight_makes_everything_unsolicited() -> None:
    assert AnswerParser().feed(b"\r\nOK\r\n\r\n+SAPBR 1: DEACT\r\n") == [
        Unsolicited("OK", None),
        Unsolicited("+SAPBR 1: DEACT", BearerDeact(1)),
    ]


def test_bare_information_and_boot_texts() -> None:
    events = parse("ATI", b"\r\nAirM2M_780E_V1169_LTE_AT\r\n\r\nRDY\r\n\r\nERROR: 2\r\n\r\nOK\r\n")
    assert events == [
        Line("AirM2M_780E_V1169_LTE_AT"),
        Unsolicited("RDY", Ready()),
        Unsolicited("ERROR: 2", None),
        Final("OK", ok=True),
    ]


def test_banner_without_a_line_end_glued_to_the_echo() -> None:
    banner = b"^boot.rom'v\x00\x01\x00\x00'!\\n"
    events = parse("AT", banner + b"AT\r\r\nOK\r\n")
    assert events == [
        Unsolicited(banner.decode("latin-1"), None),
        Echo("AT"),
        Final("OK", ok=True),
    ]


def test_counted_body_holds_anything() -> None:
    body = b"\r\nOK\r\n\x00\xff+CME ERROR: 3\r\n"
    wire = b"\r\n+HTTPREAD: %d\r\n%b\r\nOK\r\n" % (len(body), body)
    assert joined(parse("AT+HTTPREAD", wire, bodies=("+HTTPREAD",))) == [
        BodyStart(f"+HTTPREAD: {len(body)}", len(body)),
        body,
        Final("OK", ok=True),
    ]


def test_empty_body_and_the_test_form() -> None:
    assert parse("AT+HTTPREAD=9,9", b"\r\n+HTTPREAD:0\r\n\r\nOK\r\n", bodies=("+HTTPREAD",)) == [
        BodyStart("+HTTPREAD:0", 0),
        Final("OK", ok=True),
    ]
    events = parse(
        "AT+HTTPREAD=?", b"\r\n+HTTPREAD: (0-3356),(1-3356)\r\n\r\nOK\r\n", bodies=("+HTTPREAD",)
    )
    assert events == [Line("+HTTPREAD: (0-3356),(1-3356)"), Final("OK", ok=True)]


def test_header_that_was_not_asked_for_counts_nothing() -> None:
    events = parse("AT+FSFLSIZE=a", b"\r\n+FSFLSIZE: 2\r\n\r\nOK\r\n")
    assert events == [Line("+FSFLSIZE: 2"), Final("OK", ok=True)]


@pytest.mark.parametrize("header", ["+HTTPEXGET", "+HTTPGET"])
def test_streaming_header_in_both_spellings_and_its_urc(header: str) -> None:
    wire = f"\r\n{header}: 3\r\nabc\r\nOK\r\n\r\n+HTTPEXGET\r\n".encode()
    assert joined(parse("AT+HTTPEXGET", wire, bodies=("+HTTPEXGET", "+HTTPGET"))) == [
        BodyStart(f"{header}: 3", 3),
        b"abc",
        Final("OK", ok=True),
        Unsolicited("+HTTPEXGET", HttpExGetReady()),
    ]


@pytest.mark.parametrize("wire", [b"\r\n>", b"\r\n> "])
def test_prompt_sign(wire: bytes) -> None:
    assert parse("AT+FSWRITE=a,0,1,1", wire, prompt=">") == [Prompt(">")]


def test_prompt_sign_and_a_late_blank_leave_no_line() -> None:
    parser = AnswerParser()
    parser.begin("AT+FSWRITE=a,0,1,1", prompt=">")
    assert parser.feed(b"\r\n>") == [Prompt(">")]
    assert parser.feed(b" ") == []
    assert parser.feed(b"\r\nOK\r\n") == [Final("OK", ok=True)]


def test_download_prompt_and_refusal_instead() -> None:
    assert parse("AT+HTTPDATA=4,1000", b"\r\nDOWNLOAD\r\n", prompt="DOWNLOAD") == [
        Prompt("DOWNLOAD")
    ]
    assert parse("AT+HTTPDATA=4,1000", b"\r\n+CME ERROR: 53\r\n", prompt="DOWNLOAD") == [
        Final("+CME ERROR: 53", ok=False, code=53)
    ]


def test_a_new_command_gives_up_the_body_of_the_last() -> None:
    parser = AnswerParser()
    parser.begin("AT+HTTPREAD", bodies=("+HTTPREAD",))
    parser.feed(b"\r\n+HTTPREAD: 100\r\nabc")
    parser.begin("AT")
    assert parser.feed(b"AT\r\r\nOK\r\n") == [Echo("AT"), Final("OK", ok=True)]


def test_long_garbage_is_cut_and_not_kept() -> None:
    parser = AnswerParser()
    tracemalloc.start()
    for _ in range(100):
        assert parser.feed(b"\xff" * 100_000) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert parser.feed(b"\r\n") == [Unsolicited("\xff" * LONGEST_LINE, None)]


WIRE = (
    b"^boot.rom'v\x00\x01'!\\nAT+HTTPREAD\r\r\n+SAPBR 1: DEACT\r\n\r\n+HTTPREAD: 9\r\n"
    b"\n\r\nOK\r\n\xff\r\r\nOK\r\n\r\n+HTTPACTION: 0,601,0\r\n"
)


@given(st.integers(), st.integers(1, 9))
def test_any_split_gives_the_same_events(seed: int, longest: int) -> None:
    whole = joined(parse("AT+HTTPREAD", WIRE, bodies=("+HTTPREAD",)))
    parser, rng, at = AnswerParser(), random.Random(seed), 0
    parser.begin("AT+HTTPREAD", bodies=("+HTTPREAD",))
    events: list[Event] = []
    while at < len(WIRE):
        size = rng.randint(1, longest)
        events += parser.feed(WIRE[at : at + size])
        at += size
    assert joined(events) == whole
    assert b"\n\r\nOK\r\n\xff\r" in whole


@given(
    st.lists(st.one_of(st.binary(), st.sampled_from([b"\r\n", b"+HTTPREAD: 3\r\n", b">", b"OK\r"])))
)
def test_random_bytes_never_raise(pieces: list[bytes]) -> None:
    parser = AnswerParser()
    for number, piece in enumerate(pieces):
        if number % 3 == 0:
            parser.begin("AT+HTTPREAD", bodies=("+HTTPREAD",), prompt=">")
        for event in parser.feed(piece):
            assert not isinstance(event, BodyData) or 0 < len(event.data) <= len(piece)


def test_a_large_body_is_not_copied_piece_by_piece() -> None:
    parser = AnswerParser()
    parser.begin("AT+HTTPREAD", bodies=("+HTTPREAD",))
    parser.feed(b"\r\n+HTTPREAD: 307200\r\n")
    block = bytes(307_200)
    events = parser.feed(block)
    assert len(events) == 1
    assert isinstance(events[0], BodyData)
    assert events[0].data.obj is block
