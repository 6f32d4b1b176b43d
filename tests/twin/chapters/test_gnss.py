"""The receiver of a model that has one: when it has a fix, and what it says by itself."""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING

import pytest

from atwin.twin.chapters.answered.gnss.nmea import SENTENCES, Fix
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

MODEL = "air780eg"
PLACE = (-33.856784, 151.215297)
#: As in the manual's sample of AT+CGNSINF.
FIXED = re.compile(
    rb"1,1,\d{14},-33\.856784,151\.215297,78\.500,0\.00,130\.07,3,,1\.79,0\.89,4\.00,,12,11,,,34,,"
)
#: As seen in a host of the family.
SEARCHING = re.compile(rb"1,0,\d{14},,,,0\.00,0\.0,0,,,,,,0,0,,,,,")


async def fields(terminal: Terminal) -> bytes:
    answer = await terminal.ask(b"AT+CGNSINF")
    (told,) = re.findall(rb"\r\n\+CGNSINF: (.*)\r\n\r\nOK\r\n", answer)
    assert told.count(b",") == 20
    return bytes(told)


def test_the_first_fix_takes_half_a_minute_and_aid_shortens_that() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.hardware.surroundings.position = PLACE
        await terminal.ask(b"AT+CGNSPWR=1")
        await terminal.quiet(29)
        assert SEARCHING.fullmatch(await fields(terminal))
        await terminal.ask(b"AT+CGNSPWR=1")  # on already: it goes on
        await terminal.quiet(1)
        assert FIXED.fullmatch(await fields(terminal))
        await terminal.ask(b"AT+CGNSDEL=3")
        assert SEARCHING.fullmatch(await fields(terminal))
        await terminal.ask(b"AT+CGNSAID=31,1,1,1")
        await terminal.quiet(4)
        assert SEARCHING.fullmatch(await fields(terminal))
        await terminal.quiet(1)
        assert FIXED.fullmatch(await fields(terminal))
        await terminal.ask(b"AT+CGNSPWR=0;+CGNSPWR=1")
        assert SEARCHING.fullmatch(await fields(terminal))

    on_twin(test, MODEL)


def test_aid_comes_over_the_pdp() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.lose_pdp()
        await terminal.quiet()
        await terminal.ask(b"AT+CGNSAID=31,1,1,1", b"\r\n+CME ERROR: 3\r\n")

    on_twin(test, MODEL)


def test_it_reports_at_its_interval_while_it_is_on() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.hardware.surroundings.position = PLACE
        await terminal.ask(b"AT+CGNSURC=20")
        assert await terminal.quiet(60) == b""
        await terminal.ask(b"AT+CGNSPWR=1")
        assert await terminal.quiet(19) == b""
        first, second = (await terminal.quiet(22)).split(b"\r\n\r\n")
        assert SEARCHING.fullmatch(first.removeprefix(b"\r\n+UGNSINF: "))
        assert FIXED.fullmatch(second.removeprefix(b"+UGNSINF: ").removesuffix(b"\r\n"))
        await terminal.ask(b"AT+CGNSURC=0")
        assert await terminal.quiet(60) == b""

    on_twin(test, MODEL)


def test_it_says_sentences_as_bare_lines() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.hardware.surroundings.position = PLACE
        await terminal.ask(b'AT+CGNSTST=1;+CGNSSEQ="GGA";+CGNSPWR=1')
        await terminal.quiet(31)
        said = (await terminal.quiet(2)).split(b"\r\n")
        assert len(said) == 3
        assert said[0].startswith(b"$GNGGA,")
        assert b",3351.4070,S,15112.9178,E,1,11,1.79,78.5,M,,M,,*" in said[0]
        await terminal.ask(b"AT+CGNSTST=0")
        assert await terminal.quiet(5) == b""

    on_twin(test, MODEL)


@pytest.mark.parametrize("kind", SENTENCES)
@pytest.mark.parametrize("position", [None, PLACE, (31.820789, 117.11739)])
def test_the_checksum_is_right(kind: str, position: tuple[float, float] | None) -> None:
    sentence = Fix(1_604_978_667.0, position).sentence(kind)
    body, checksum = sentence.removeprefix("$").split("*")
    assert checksum == f"{reduce(int.__xor__, body.encode()):02X}"


@pytest.mark.parametrize(
    ("position", "sentence"),
    [
        (None, "$GNRMC,032427.00,V,,,,,,,101120,,,N*"),
        (
            (31.820789, 117.11739),
            "$GNRMC,032427.00,A,3149.2473,N,11707.0434,E,0.00,130.07,101120,,,A*",
        ),
        ((0.99999999, -0.00001), "$GNRMC,032427.00,A,0100.0000,N,00000.0006,W,0.00,"),
    ],
)
def test_where_and_when(position: tuple[float, float] | None, sentence: str) -> None:
    assert Fix(1_604_978_667.0, position).sentence("RMC").startswith(sentence)
