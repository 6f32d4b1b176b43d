"""The host-direction parser: what a module sends, cut into events."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.at.answers import LONGEST_LINE, AnswerParser
from atwin.at.dialect.urcs import (
    BearerDeact,
    Closed,
    DataWaiting,
    Detached,
    HttpAction,
    HttpCause,
    HttpExGetReady,
    Ready,
    ReceivedFrom,
    SceneState,
    SecureClosed,
    SignalStrength,
    UpgradeProgress,
    WifiCount,
    WifiSeen,
)
from atwin.at.events import (
    BodyData,
    BodyStart,
    Echo,
    Event,
    Final,
    Information,
    Prompt,
    Received,
    Unsolicited,
)


def parse(sent: str, data: bytes) -> list[Event]:
    parser = AnswerParser()
    parser.begin(sent)
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
        (
            b"\r\n+CME ERROR: SIM card verify failure\r\n",
            Final("+CME ERROR: SIM card verify failure", ok=False, code=264),
        ),
        (
            b"\r\n+CMS ERROR: invalid memory index\r\n",
            Final("+CMS ERROR: invalid memory index", ok=False, code=321),
        ),
        (b"\r\n+CME ERROR: no such thing\r\n", Final("+CME ERROR: no such thing", ok=False)),
    ],
)
def test_finals(wire: bytes, final: Final) -> None:
    assert parse("AT+X", wire) == [final]


@pytest.mark.parametrize("echo", [b"\r", b"\r\n"])
def test_an_echoed_line_feed_is_no_line(echo: bytes) -> None:
    sent = "AT+FSREAD=a,1,0,4"
    parser = AnswerParser()
    parser.begin(sent, raw=4)
    wire = sent.encode() + echo + b"\r\n"
    events = [event for byte in wire for event in parser.feed(bytes((byte,)))]
    events += parser.feed(b"\r\n\r\n\r\nOK\r\n")
    assert events == [
        Echo(sent),
        BodyStart("", 4),
        BodyData(memoryview(b"\r\n\r\n")),
        Final("OK", ok=True),
    ]


def test_custom_final() -> None:
    assert parse("AT+CIPSHUT", b"\r\nSHUT OK\r\n") == [Final("SHUT OK", ok=True)]


def test_what_a_scan_finds_is_its_answer_or_comes_by_itself() -> None:
    lines = ("+WIFISCAN COUNT: 1", '+WIFISCAN: "a","22:f2:2c:6f:55:9a",-48,11,-1')
    wire = "".join(f"\r\n{line}\r\n" for line in lines).encode()
    asked = parse("AT+WIFISCAN?", wire + b"\r\nOK\r\n")
    assert asked == [*map(Information, lines), Final("OK", ok=True)]
    aside = parse("AT+WIFISCAN", b"\r\nOK\r\n" + wire)
    found = WifiSeen("a", "22:f2:2c:6f:55:9a", -48, 11, -1)
    assert aside == [
        Final("OK", ok=True),
        Unsolicited(lines[0], WifiCount(1)),
        Unsolicited(lines[1], found),
    ]


def test_a_block_of_firmware_that_is_refused() -> None:
    refused = parse("AT+UARTUPGRADE=2", b"\r\n+UARTUPGRAE ERROR: 8\r\n")
    assert refused == [Final("+UARTUPGRAE ERROR: 8", ok=False)]
    told = "+UARTUPGRADE: 6, XOTA_PS_PKG_VERIFIED"
    done = parse("AT+UARTUPGRADE=2", f"\r\n{told}\r\n\r\nOK\r\n".encode())
    assert done == [Information(told), Final("OK", ok=True)]


def test_the_progress_of_an_upgrade_is_no_answer() -> None:
    wire = b"\r\n+UPGRADEIND: -1003\r\n\r\n+UPGRADE: 2,[-1003,200,0]\r\n\r\nOK\r\n"
    assert parse("AT+UPGRADE?", wire) == [
        Unsolicited("+UPGRADEIND: -1003", UpgradeProgress(-1003)),
        Information("+UPGRADE: 2,[-1003,200,0]"),
        Final("OK", ok=True),
    ]


def test_information_lines_of_the_command_and_urcs_between_them() -> None:
    events = parse(
        'AT+HTTPPARA="URL","http://x/+CSQ";+CSQ',
        b"\r\n+CSQ: 22,0\r\n\r\n+CGEV: ME DETACH\r\n\r\n+HTTPACTION: 0,200,15\r\n\r\nOK\r\n",
    )
    assert events == [
        Information("+CSQ: 22,0"),
        Unsolicited("+CGEV: ME DETACH", Detached()),
        Unsolicited("+HTTPACTION: 0,200,15", HttpAction(0, 200, 15)),
        Final("OK", ok=True),
    ]


def test_a_quoted_name_is_not_the_commands_own() -> None:
    events = parse('AT+HTTPPARA="URL","http://x/+CSQ"', b"\r\n+CSQ: 22,0\r\n")
    assert events == [Unsolicited("+CSQ: 22,0", SignalStrength(22, 0))]


def test_nothing_in_flight_makes_everything_unsolicited() -> None:
    assert AnswerParser().feed(b"\r\nOK\r\n\r\n+SAPBR 1: DEACT\r\n") == [
        Unsolicited("OK", None),
        Unsolicited("+SAPBR 1: DEACT", BearerDeact(1)),
    ]


def test_bare_information_and_boot_texts() -> None:
    events = parse("ATI", b"\r\nAirM2M_780E_V1169_LTE_AT\r\n\r\nRDY\r\n\r\nERROR: 2\r\n\r\nOK\r\n")
    assert events == [
        Information("AirM2M_780E_V1169_LTE_AT"),
        Unsolicited("RDY", Ready()),
        Unsolicited("ERROR: 2", HttpCause(2)),
        Final("OK", ok=True),
    ]


def test_banner_without_a_line_end_glued_to_the_echo() -> None:
    banner = b"^boot.rom'v\x00\x01\x00\x00'!\\n"
    events = parse("AT", banner + b"AT\r\r\nOK\r\n")
    assert events == [
        Unsolicited("^boot.rom'v\x01'!\\n", None),
        Echo("AT"),
        Final("OK", ok=True),
    ]


def test_counted_body_holds_anything() -> None:
    body = b"\r\nOK\r\n\x00\xff+CME ERROR: 3\r\n"
    wire = b"\r\n+HTTPREAD: %d\r\n%b\r\nOK\r\n" % (len(body), body)
    assert joined(parse("AT+HTTPREAD", wire)) == [
        BodyStart(f"+HTTPREAD: {len(body)}", len(body)),
        body,
        Final("OK", ok=True),
    ]


def test_empty_body_and_the_test_form() -> None:
    assert parse("AT+HTTPREAD=9,9", b"\r\n+HTTPREAD:0\r\n\r\nOK\r\n") == [
        BodyStart("+HTTPREAD:0", 0),
        Final("OK", ok=True),
    ]
    events = parse("AT+HTTPREAD=?", b"\r\n+HTTPREAD: (0-3356),(1-3356)\r\n\r\nOK\r\n")
    assert events == [Information("+HTTPREAD: (0-3356),(1-3356)"), Final("OK", ok=True)]


def test_header_that_was_not_asked_for_counts_nothing() -> None:
    events = parse("AT+FSFLSIZE=a", b"\r\n+FSFLSIZE: 2\r\n\r\nOK\r\n")
    assert events == [Information("+FSFLSIZE: 2"), Final("OK", ok=True)]


@pytest.mark.parametrize("header", ["+HTTPEXGET", "+HTTPGET"])
def test_streaming_header_in_both_spellings_and_its_urc(header: str) -> None:
    wire = f"\r\n{header}: 3\r\nabc\r\nOK\r\n\r\n+HTTPEXGET\r\n".encode()
    assert joined(parse("AT+HTTPEXGET", wire)) == [
        BodyStart(f"{header}: 3", 3),
        b"abc",
        Final("OK", ok=True),
        Unsolicited("+HTTPEXGET", HttpExGetReady()),
    ]


@pytest.mark.parametrize("wire", [b"\r\n>", b"\r\n> "])
def test_prompt_sign(wire: bytes) -> None:
    assert parse("AT+FSWRITE=a,0,1,1", wire) == [Prompt(">")]


def test_prompt_sign_and_a_late_blank_leave_no_line() -> None:
    parser = AnswerParser()
    parser.begin("AT+FSWRITE=a,0,1,1")
    assert parser.feed(b"\r\n>") == [Prompt(">")]
    assert parser.feed(b" ") == []
    assert parser.feed(b"\r\nOK\r\n") == [Final("OK", ok=True)]


def test_download_prompt_and_refusal_instead() -> None:
    assert parse("AT+HTTPDATA=4,1000", b"\r\nDOWNLOAD\r\n") == [Prompt("DOWNLOAD")]
    assert parse("AT+HTTPDATA=4,1000", b"\r\n+CME ERROR: 53\r\n") == [
        Final("+CME ERROR: 53", ok=False, code=53)
    ]


def test_a_new_command_gives_up_the_body_of_the_last() -> None:
    parser = AnswerParser()
    parser.begin("AT+HTTPREAD")
    parser.feed(b"\r\n+HTTPREAD: 100\r\nabc")
    parser.begin("AT")
    assert parser.feed(b"AT\r\r\nOK\r\n") == [Echo("AT"), Final("OK", ok=True)]


def test_long_garbage_is_cut_and_not_kept() -> None:
    parser = AnswerParser()
    tracemalloc.start()
    for _ in range(100):
        assert parser.feed(b"\xfe" * 100_000) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert parser.feed(b"\r\n") == [Unsolicited("\xfe" * LONGEST_LINE, None)]


WIRE = (
    b"^boot.rom'v\x00\x01'!\\nAT+HTTPREAD\r\r\n+SAPBR 1: DEACT\r\n\r\n+HTTPREAD: 9\r\n"
    b"\n\r\nOK\r\n\xff\r\r\nOK\r\n\r\n+HTTPACTION: 0,601,0\r\n"
)


@given(st.integers(), st.integers(1, 9))
def test_any_split_gives_the_same_events(seed: int, longest: int) -> None:
    whole = joined(parse("AT+HTTPREAD", WIRE))
    parser, rng, at = AnswerParser(), random.Random(seed), 0
    parser.begin("AT+HTTPREAD")
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
            parser.begin("AT+HTTPREAD" if number % 2 else "AT+FSWRITE=a,0,1,1")
        for event in parser.feed(piece):
            assert not isinstance(event, BodyData) or 0 < len(event.data) <= len(piece)


def test_a_large_body_is_not_copied_piece_by_piece() -> None:
    parser = AnswerParser()
    parser.begin("AT+HTTPREAD")
    parser.feed(b"\r\n+HTTPREAD: 307200\r\n")
    block = bytes(307_200)
    events = parser.feed(block)
    assert len(events) == 1
    assert isinstance(events[0], BodyData)
    assert events[0].data.obj is block


# --- sockets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "wire", "final"),
    [
        ("AT+CIPSHUT", b"\r\nSHUT OK\r\n", Final("SHUT OK", ok=True)),
        ("AT+CIPCLOSE=1", b"\r\nCLOSE OK\r\n", Final("CLOSE OK", ok=True)),
        ("AT+CIPCLOSE=3,1", b"\r\n3, CLOSE OK\r\n", Final("3, CLOSE OK", ok=True)),
        ("AT+CIPCLOSE=3,1", b"\r\n3,CLOSE OK\r\n", Final("3,CLOSE OK", ok=True)),
        ("AT+CIPSEND=5", b"\r\nSEND OK\r\n", Final("SEND OK", ok=True)),
        ("AT+CIPSEND=0,5", b"\r\n0, SEND OK\r\n", Final("0, SEND OK", ok=True)),
        ("AT+CIPSEND=5", b"\r\nSEND FAIL\r\n", Final("SEND FAIL", ok=False)),
        ("AT+CIPSEND=5", b"\r\nDATA ACCEPT:5\r\n", Final("DATA ACCEPT:5", ok=True)),
        ("AT+CIPSEND=2,5", b"\r\nDATA ACCEPT:2,5\r\n", Final("DATA ACCEPT:2,5", ok=True)),
        ('AT+CIPSTART="TCP","a",1', b"\r\nALREADY CONNECT\r\n", Final("ALREADY CONNECT", ok=False)),
        ('AT+CIPSTART=1,"TCP","a",1', b"\r\nOK\r\n", Final("OK", ok=True)),
        ("AT+CIFSR", b"\r\n10.222.163.213\r\n", Final("10.222.163.213", ok=True)),
        ("AT+CIFSR", b"\r\n2001:db8::1\r\n", Final("2001:db8::1", ok=True)),
        ("AT+CIFSR", b"\r\nERROR\r\n", Final("ERROR", ok=False)),
        ("ATO", b"\r\nCONNECT\r\n", Final("CONNECT", ok=True)),
        ("ATO", b"\r\nNO CARRIER\r\n", Final("NO CARRIER", ok=False)),
    ],
)
def test_results_of_the_socket_commands(sent: str, wire: bytes, final: Final) -> None:
    assert parse(sent, wire) == [final]


@pytest.mark.parametrize("text", [b"SHUT OK", b"SEND OK", b"CONNECT", b"10.0.0.1", b"NO CARRIER"])
def test_they_end_no_other_command(text: bytes) -> None:
    events = parse("AT+CSQ", b"\r\n" + text + b"\r\n\r\nOK\r\n")
    assert [event for event in events if isinstance(event, Final)] == [Final("OK", ok=True)]


def test_a_line_without_a_commands_shape_ends_as_any_other() -> None:
    assert parse("AT+CIPSEND=5;$", b"\r\nERROR\r\n") == [Final("ERROR", ok=False)]


def test_an_address_with_the_ok_of_the_next_command() -> None:
    events = parse("AT+CIFSR;E0", b"\r\n10.222.163.213\r\n\r\nOK\r\n")
    assert events == [Information("10.222.163.213"), Final("OK", ok=True)]


CLIENTS = [f'C: {number},,"","","","INITIAL"' for number in range(6)]


@pytest.mark.parametrize("state", ["IP INITIAL", "IP STATUS", "IP PROCESSING", "CONNECT OK"])
@pytest.mark.parametrize("clients", [[], CLIENTS, CLIENTS[:2]])
@pytest.mark.parametrize("blank", [" ", "", "  "])
def test_every_line_of_a_status_belongs_to_it(state: str, clients: list[str], blank: str) -> None:
    told = [line.replace(": ", f":{blank}") for line in (f"STATE: {state}", *clients)]
    urc = "+CIPRXGET: 1,2"
    framed = [f"\r\n{line}\r\n" for line in (told[0], urc, *told[1:])]
    for wire in (["\r\nOK\r\n", *framed], [*framed, "\r\nOK\r\n"]):
        ok_first = wire[0] == "\r\nOK\r\n"
        events = parse("AT+CIPSTATUS", "".join(wire).encode())
        assert [event.text for event in events if isinstance(event, Information)] == told
        assert Unsolicited(urc, DataWaiting(2)) in events
        (final,) = [event for event in events if isinstance(event, Final)]
        # With OK in front nobody knows which line is the last.
        assert final == Final("OK", ok=True, open=ok_first)


@pytest.mark.parametrize(("set_to", "told"), [("1", 7), ("0", 1)])
def test_the_end_of_a_status_is_known_to_who_has_set_the_links(set_to: str, told: int) -> None:
    parser = AnswerParser()
    parser.begin(f"AT+CIPMUX={set_to}")
    parser.feed(b"\r\nOK\r\n")
    parser.begin(f"AT+CIPMUX={1 - int(set_to)}")
    parser.feed(b"\r\n+CME ERROR: 3\r\n")
    parser.begin("AT+CIPSTATUS")
    lines = ["STATE: IP STATUS", *CLIENTS][:told]
    wire = "\r\nOK\r\n" + "".join(f"\r\n{line}\r\n" for line in lines)
    assert parser.feed(wire.encode()) == [*map(Information, lines), Final("OK", ok=True)]
    parser.feed(b"\r\nRDY\r\n")
    parser.begin("AT+CIPSTATUS")
    assert parser.feed(wire.encode())[1] == Final("OK", ok=True, open=True)


def test_a_state_after_the_status_is_an_event_again() -> None:
    parser = AnswerParser()
    parser.begin("AT+CIPSTATUS")
    parser.feed(b"\r\nOK\r\n\r\nSTATE: IP STATUS\r\n")
    assert parser.feed(b"\r\nSTATE: TCP CLOSED\r\n") == [
        Unsolicited("STATE: TCP CLOSED", SceneState("TCP CLOSED"))
    ]


def test_the_status_of_one_link_has_its_own_name() -> None:
    of_one = parse("AT+CIPSTATUS=1", b'\r\n+CIPSTATUS: 1,,"","","","INITIAL"\r\n\r\nOK\r\n')
    assert of_one == [Information('+CIPSTATUS: 1,,"","","","INITIAL"'), Final("OK", ok=True)]


# --- modules that differ --------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [b"\x00", b"\xff", b"\x11", b"\x13", b"\x13\x11\x00\xff"])
@pytest.mark.parametrize(
    "wire",
    [
        b"%b\r\n+CPIN: READY\r\n\r\nOK\r\n",
        b"\r\n%b+CPIN: READY\r\n\r\nOK\r\n",
        b"\r\n+CPIN: READY%b\r\n\r\nOK\r\n",
        b"\r\n+CPIN%b: READY\r\n\r\nOK\r\n",
        b"\r\n+CPIN:%b READY\r\n\r\n%bOK\r\n",
        b"\r\n%b\r\n+CPIN: READY\r\n\r\nOK%b\r\n",
    ],
)
def test_noise_and_flow_control_are_no_part_of_a_line(noise: bytes, wire: bytes) -> None:
    events = parse("AT+CPIN?", wire.replace(b"%b", noise))
    assert events == [Information("+CPIN: READY"), Final("OK", ok=True)]


def test_a_body_that_nothing_announces_begins_after_a_line_of_noise_too() -> None:
    parser = AnswerParser()
    parser.begin("AT+FSREAD=x", raw=4)
    parser.feed(b"\x00")
    assert parser.feed(b"\r\n") == [BodyStart("", 4)]


@pytest.mark.parametrize(
    "text", ["Call Ready", "SMS Ready", "PB DONE", "RDY", "RING", "UNDER-VOLTAGE POWER DOWN"]
)
def test_what_a_module_says_by_itself_is_no_information(text: str) -> None:
    events = parse("AT+CPIN?", f"\r\n{text}\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n".encode())
    assert [event.text for event in events if isinstance(event, Unsolicited)] == [text]
    assert events[1:] == [Information("+CPIN: READY"), Final("OK", ok=True)]


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("AT+HTTPREAD", "+HTTPREAD: %s"),
        ("AT+HTTPREAD", "+CME ERROR: %s"),
        ("AT+CIPRXGET=2,5", "+CIPRXGET: 2,%s,0"),
        ("AT+CSQ", "+HTTPACTION: 0,200,%s"),
        ("AT+CSQ", "+RECEIVE,1,%s:"),
        ("AT+CSQ", "+IPD,%s:"),
        ("AT+CSQ", "%s"),
    ],
)
@pytest.mark.parametrize("digits", [10, 11, 4299, 4301, 5000, 9000])
def test_numbers_of_any_length_mean_nothing(sent: str, line: str, digits: int) -> None:
    parser = AnswerParser()
    parser.begin(sent)
    parser.feed(b"\r\n" + line.replace("%s", "9" * digits).encode() + b"\r\n")
    parser.begin("AT+CSQ")
    assert parser.feed(b"\r\n+CSQ: 22,0\r\n\r\nOK\r\n") == [
        Information("+CSQ: 22,0"),
        Final("OK", ok=True),
    ]


@pytest.mark.parametrize(
    ("frame", "end", "damaged"),
    [
        (b"\r\n", b"x", False),
        (b"\r\n", b"\n", False),
        (b"\r\n\r\n", b"x", False),
        (b"", b"x", False),  # left out: two lost bytes would end with CR LF
        (b"", b"\r", True),
        (b"", b"\n", True),
        (b"\n", b"x", False),
        (b"\n", b"\n", False),
        (b"\n", b"\r", True),
        (b"\r", b"x", False),
        (b"\r", b"\r", False),
        (b"xy", b"x", True),  # the rest of a body: something came in between
        (b"xy\r\n", b"x", True),
        # A byte came in between, and the body's own last one stands in front of CR LF.
        *((bytes([last]) + b"\r\n", b"x", True) for last in b"\x00\xff\x11\x13 \t\r\nO"),
        (b"\x00", b"x", True),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_body_without_its_frame(frame: bytes, end: bytes, damaged: bool, size: int) -> None:
    wire = b"\r\n+HTTPREAD: 5\r\nabcd" + end + frame + b"OK\r\n\r\nOK\r\n"
    parser = AnswerParser()
    parser.begin("AT+HTTPREAD")
    events: list[Event] = []
    for at in range(0, len(wire), size):
        events += parser.feed(wire[at : at + size])
    final = next(event for event in events if isinstance(event, Final))
    assert final.damaged is damaged


@pytest.mark.parametrize("tail", [b"\0" * 11, b"\xff" * 11, b" \0" * 6, b"mw+\xee\xe3xyzabc"])
def test_a_urc_at_the_very_end_of_a_body(tail: bytes) -> None:
    """The count is over right in front of the CR LF of the URC: the frame looks whole."""
    body = b"x" * 40 + tail
    urc = b"\r\n+CGEV: " + b"X" * (len(tail) - 9) + b"\r\n"
    wire = b"\r\n+HTTPREAD: %d\r\n" % len(body) + body[:40] + urc + tail + b"\r\nOK\r\n"
    final = parse("AT+HTTPREAD", wire)[-1]
    assert isinstance(final, Final)
    assert final.damaged


def test_noise_and_urcs_after_a_body_do_no_harm() -> None:
    wire = b"\r\n+HTTPREAD: 3\r\nabc\r\n\0\r\n\r\n+CGEV: X\r\n\r\nCall Ready\r\n\r\n\xffOK\r\n"
    assert parse("AT+HTTPREAD", wire)[-1] == Final("OK", ok=True)


def test_results_of_earlier_commands_end_nothing_where_they_are_owed() -> None:
    parser = AnswerParser()
    parser.begin("AT+HTTPREAD", owed=True)
    wire = b"\r\n+CSQ: 9,9\r\n\r\nOK\r\n\r\n+HTTPREAD: 2\r\nab\r\nOK\r\n"
    assert joined(parser.feed(wire)) == [
        Unsolicited("+CSQ: 9,9", SignalStrength(9, 9)),
        Final("OK", ok=True, open=True),
        BodyStart("+HTTPREAD: 2", 2),
        b"ab",
        Final("OK", ok=True, open=True),
    ]
    parser.end()
    assert parser.feed(b"\r\nOK\r\n") == [Unsolicited("OK", None)]


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"+CIPRXGET: 2,5,0", 5),
        (b"+CIPRXGET:2,3,5,100", 5),
        (b"+CIPRXGET: 3,5,0", 10),
        (b"+CIPRXGET: 3,3,5,100", 10),
        (b"+CIPRXGET: 2,0,0", 0),
        (b'+CIPRXGET: 2,5,0,"1.2.3.4:7500"', 5),
        (b'+CIPRXGET: 3,3,5,100,"[::1]:7500"', 10),
    ],
)
@pytest.mark.parametrize("blank", [b"", b"\r\n"])
def test_fetched_data(header: bytes, length: int, blank: bytes) -> None:
    body = b"\r\nOK\r\n\xff\x00\x00"[:length].ljust(length, b"A")
    wire = b"\r\n" + header + b"\r\n" + body + (blank if body else b"") + b"\r\nOK\r\n"
    events = joined(parse("AT+CIPRXGET=2,5", wire))
    assert events == [
        BodyStart(header.decode(), length),
        *([body] if body else []),
        Final("OK", ok=True),
    ]


@pytest.mark.parametrize(
    ("blank", "lost"),
    [*((b"", lost) for lost in range(4)), *((b"\r\n", lost) for lost in range(6))],
)
def test_fetched_data_that_lost_bytes_are_damaged(blank: bytes, lost: int) -> None:
    """Two lost bytes where a module has an empty line: the rest looks like one that has none."""
    header, frame = b"\r\n+CIPRXGET: 2,9,0\r\n", blank + b"\r\nOK\r\n"
    parser = AnswerParser()
    finals = []
    for body in (b"x" * 9, b"x" * (9 - lost)):
        parser.begin("AT+CIPRXGET=2,9")
        events = parser.feed(header + body + frame)
        events += parser.feed(b"\r\nOK\r\n")
        finals.append(next(event for event in events if isinstance(event, Final)))
    assert [final.damaged for final in finals] == [False, lost > 0]


def test_an_error_before_the_words_for_a_link_that_is_there() -> None:
    said = b"\r\n+CME ERROR: 65535\r\n\r\n0, ALREADY CONNECT\r\n"
    events = parse('AT+CIPSTART=0,"TCP","h",80', said)
    assert events[0] == Final("+CME ERROR: 65535", ok=False, code=65535)
    assert isinstance(events[1], Unsolicited)
    assert len(events) == 2


def test_who_closed_a_tls_link() -> None:
    closed = b"\r\n0, CLOSE OK\r\n"
    assert parse("AT+CIPCLOSE=0", closed) == [Final("0, CLOSE OK", ok=True)]
    assert parse("AT+CSQ", closed + b"\r\nOK\r\n") == [
        Unsolicited("0, CLOSE OK", SecureClosed(0)),
        Final("OK", ok=True),
    ]


def test_data_waiting_is_no_body_and_no_answer() -> None:
    for sent in ("AT+CIPRXGET=2,5", "AT+CIPRXGET=1", "AT"):
        events = parse(sent, b"\r\n+CIPRXGET: 1\r\n\r\nOK\r\n")
        assert events == [Unsolicited("+CIPRXGET: 1", DataWaiting()), Final("OK", ok=True)]
    # Asked for the mode, the first of them is the answer.
    twice = parse("AT+CIPRXGET?", b"\r\n+CIPRXGET: 1\r\n\r\n+CIPRXGET: 1\r\n\r\nOK\r\n")
    assert twice == [
        Information("+CIPRXGET: 1"),
        Unsolicited("+CIPRXGET: 1", DataWaiting()),
        Final("OK", ok=True),
    ]


STREAM = (
    b"\r\n+RECEIVE,1,9:\r\n\r\nOK\r\n\x00A:\r\n"
    b"\r\n+IPD,7:TEST123\r\n"
    b"\r\n+IPD,4,TCP:+IPD"
    b"\r\nRECV FROM: 1.2.3.4:7500\r\n+IPD,2,UDP:\r\n"
    b"\r\n1, CLOSED\r\n\r\nOK\r\n"
)


def received(events: list[Event]) -> list[Any]:
    """The packets in one piece each, and everything else."""
    out: list[Any] = []
    for event in events:
        if isinstance(event, Received):
            if not (out and isinstance(out[-1], list)):
                out.append([event.link, b""])
            out[-1][1] += bytes(event.data)
            if event.left == 0:
                out[-1] = tuple(out[-1])
        else:
            out.append(event)
    return out


@given(st.lists(st.integers(1, 12), max_size=len(STREAM)))
def test_packets_come_whole_however_the_line_is_cut(cuts: list[int]) -> None:
    parser = AnswerParser()
    parser.begin("AT+CSQ")
    events: list[Event] = []
    at = 0
    for size in [*cuts, len(STREAM)]:
        events += parser.feed(STREAM[at : at + size])
        at += size
    assert received(events) == [
        (1, b"\r\nOK\r\n\x00A:"),
        (None, b"TEST123"),
        (None, b"+IPD"),
        Unsolicited("RECV FROM: 1.2.3.4:7500", ReceivedFrom("1.2.3.4:7500")),
        (None, b"\r\n"),
        Unsolicited("1, CLOSED", Closed(1)),
        Final("OK", ok=True),
    ]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("lost", [1, 2, 5])
def test_a_body_that_lost_bytes_and_found_others_is_damaged(size: int, lost: int) -> None:
    """Its count is right: what followed it was taken for the missing bytes."""
    whole = b"\r\n+HTTPREAD: 20\r\n" + b"x" * 20 + b"\r\nOK\r\n"
    urc = b"\r\n+NITZ: 24/08/23,06:52:50+32,0\r\n"
    for output, damaged in (
        (whole, False),
        (whole.replace(b"x" * lost, b"", 1).replace(b"\r\nOK", urc + b"\r\nOK"), True),
    ):
        parser = AnswerParser()
        parser.begin("AT+HTTPREAD")
        events = []
        for at in range(0, len(output), size):
            events += parser.feed(output[at : at + size])
        (final,) = [event for event in events if isinstance(event, Final)]
        assert final.damaged is damaged
