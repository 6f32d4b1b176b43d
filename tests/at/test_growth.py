"""No line from either end takes longer than its length: what reads lines goes over them once."""

from __future__ import annotations

import contextlib

import pytest

from atwin.at.answers import AnswerParser
from atwin.at.dialect.urcs import parse_urc
from atwin.at.grammar import MalformedLine, parse_line
from support.running.growth import grows_evenly

PIECES = ['";', '"', " ", ";A", '",', '" ;', "A1", "1, ", ": ", "\t", '"&A ', ",", "+CDNSGIP: 1,"]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("before", ["+CDNSGIP: 1,", "+HTTPACTION: ", "STATE: ", "", "C: "])
def test_a_line_of_the_module(before: str, piece: str) -> None:
    def answer(text: str) -> None:
        parser = AnswerParser()
        parser.begin("AT+CSQ")
        list(parser.feed(text.encode() + b"\r\n"))

    assert grows_evenly(parse_urc, before, piece, "\x01")
    assert grows_evenly(answer, before, piece, "")


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("before", ['AT+X="', "AT+X=", "AT", 'AT+HTTPPARA="URL",'])
def test_a_line_of_the_host(before: str, piece: str) -> None:
    def command(text: str) -> None:
        with contextlib.suppress(MalformedLine):
            parse_line.__wrapped__(text)

    assert grows_evenly(command, before, piece, '"')
