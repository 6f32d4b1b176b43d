"""Where two dialogues differ, and what is not a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.replay.compare import compare, differences
from atwin.replay.ignoring import Ignoring
from atwin.replay.recording import exchanges_of
from atwin.trace.pcap.reading import Piece
from support.line.recorded import pieces_of, said

if TYPE_CHECKING:
    from collections.abc import Sequence

Said = tuple[str | bytes, ...]
ANSWER = ("> AT+X?", "< +X: 1", "< +X: 2", "< +X: 3", "< OK")
HALVES = ("> AT+A=1", "< OK", "> AT+B=1", "< OK", "< +CREG: 1", "< +CGEV: ME DETACH")


def differing(
    one: Sequence[str | bytes], two: Sequence[str | bytes], *ignored: str, **options: bool
) -> list[str]:
    """The lines that differ; with `usual` and `polls` as they are called."""
    ignoring = Ignoring(ignored, usual=options.get("usual", False))
    lines = compare(said(*one).all, said(*two).all, ignoring, polls=options.get("polls", False))
    return [
        f"{mark} {mine.told(other)}"
        for group in differences(lines)
        for mark, pairs in (
            ("-", [(line.recorded, line.replayed) for line in group]),
            ("+", [(line.replayed, line.recorded) for line in group]),
        )
        for mine, other in pairs
        if mine is not None
    ]


@pytest.mark.parametrize(
    ("one", "two", "found"),
    [
        (ANSWER, ANSWER, []),
        (ANSWER, (*ANSWER[:2], *ANSWER[3:]), ["- < +X: 2"]),
        (ANSWER, (*ANSWER[:2], "< +X: 7", *ANSWER[3:]), ["- < +X: 2", "+ < +X: 7"]),
        (ANSWER, (*ANSWER, *ANSWER), ["+ > AT+X?"] + [f"+ {line}" for line in ANSWER[1:]]),
        (
            (*HALVES[:2], *ANSWER, *HALVES[2:]),
            HALVES,
            ["- > AT+X?"] + [f"- {line}" for line in ANSWER[1:]],
        ),
        # URCs elsewhere and in another order; one that is missing, one more.
        (HALVES, (*HALVES[:2], *HALVES[:3:-1], *HALVES[2:4]), []),
        (HALVES, HALVES[:5], ["- < +CGEV: ME DETACH"]),
        (HALVES, (*HALVES, "< RING", "< RING"), ["+ < RING", "+ < RING"]),
        # Data by size and first difference.
        (
            ("> AT+HTTPREAD", "< +HTTPREAD: 3", b"abc\r\n", "< OK"),
            ("> AT+HTTPREAD", "< +HTTPREAD: 3", b"abd\r\n", "< OK"),
            [
                "- < (3 bytes, the first difference at byte 2)",
                "+ < (3 bytes, the first difference at byte 2)",
            ],
        ),
        # What cannot be seen is told.
        (
            ('> AT+CPIN="1234"', "< OK"),
            ('> AT+CPIN="4321"', "< OK"),
            ["- > AT+CPIN=***", "- < OK", "+ > AT+CPIN=***", "+ < OK"],
        ),
    ],
)
def test_lines_that_differ(one: Said, two: Said, found: list[str]) -> None:
    assert differing(one, two) == found


@pytest.mark.parametrize(
    ("one", "two", "ignored", "usual"),
    [
        ("+CSQ: 22,99", "+CSQ: 3,0", r"(?<=CSQ: ).*", True),
        ("+CESQ: 99,99,255,255,20,50", "+CESQ: 99,99,255,255,21,40", r"\d+", True),
        ('+CCLK: "24/08/23,06:52:50+32"', '+CCLK: "26/11/30,09:00:00+00"', "CCLK.*", True),
        ('+CREG: 2,1,"1A2B","00C1D2E3",7', '+CREG: 2,1,"FFFF","12345678",7', '".*?"', True),
        ("866714040000000", "860000000000001", r"\d{15}", True),
        ("+ICCID: 89860000000000000001", "+ICCID: 8986000000000000002A", "ICCID.*", True),
        ("10.0.0.7", "100.64.3.2", r"[\d.]+", True),
        ("+CBC: 3968", "+CBC: 0,80,3700", "CBC.*", True),
        ("+CGATT: 1", "+CGATT: 0", "[01]", False),
        ("V1.2.3", "V1.2.4", r"\d", False),
    ],
)
def test_what_is_left_out(one: str, two: str, ignored: str, usual: bool) -> None:
    dialogues = [("> ATI", f"< {text}", "< OK") for text in (one, two)]
    assert differing(dialogues[0], dialogues[1]) == [f"- < {one}", f"+ < {two}"]
    assert differing(dialogues[0], dialogues[1], ignored) == []
    assert (differing(dialogues[0], dialogues[1], usual=True) == []) is usual


def test_text_among_data_is_left_out_too() -> None:
    heads = [
        b"HTTP/1.1 200 OK\r\nDate: Mon, 30 Nov 2026\r\n",
        b"HTTP/1.1 200 OK\r\nDate: today\r\n",
    ]
    dialogues = [
        ("> AT+HTTPHEAD", f"< +HTTPHEAD: {len(head)}", head + b"\r\n", "< OK") for head in heads
    ]
    assert differing(dialogues[0], dialogues[1], r"HTTPHEAD: \d+", usual=True) == []
    assert len(differing(dialogues[0], dialogues[1], r"HTTPHEAD: \d+")) == 2


def test_how_often_a_query_is_repeated_counts_as_the_host_only() -> None:
    query, other = ("> AT+CSQ", "< +CSQ: 1,0", "< OK"), ("> AT+CREG?", "< +CREG: 0,2", "< OK")
    effect = ("> AT+CGATT=1", "< OK")
    one, two = (*query, *other, *effect, *query), (*query, *other, *query, *other, *effect, *query)
    assert differing(one, two, polls=True) == []
    assert len(differing(one, two)) == 6
    # One after another command is another one, and what has an effect is none.
    assert differing(one, one[:-3], polls=True) == [f"- {line}" for line in query]
    assert differing(one, (*one[:-3], *effect, *query), polls=True) == [
        f"+ {line}" for line in effect
    ]


@pytest.mark.parametrize("period", [1, 2, 50, 1500])
def test_many_commands_that_differ_are_no_freeze(period: int) -> None:
    """Aligned each with each these would take minutes: the test has a time limit."""
    one, two = (
        [turn for number in range(1500) for turn in (f"> AT+A={number * step % period}", "< OK")]
        for step in (1, 7)
    )
    lines = compare(said(*one).all, said(*two).all, Ignoring(usual=True))
    assert sum(line.recorded is not None for line in lines) == 3000


def test_a_line_that_comes_byte_by_byte_is_no_difference() -> None:
    whole = said(*ANSWER)
    pieces = [
        Piece(one.t, one.direction, one.data[at : at + 1])
        for one in pieces_of(whole)
        for at in range(len(one.data))
    ]
    slow = exchanges_of(pieces)
    assert differences(compare(whole.all, slow.all, Ignoring())) == []
    assert b"".join(one.raw for one in slow.steps) == b"".join(one.raw for one in whole.steps)
