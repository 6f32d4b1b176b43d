"""Which commands a pattern fits, and that no pattern can hang the module."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.twin.script.pattern import MATCHES, Pattern

TEXTS = ["".join(letters) for size in range(6) for letters in product("AB1", repeat=size)]


@pytest.mark.parametrize(
    "pattern",
    [
        "A*B",
        "(A|B1)+",
        "(?:AB)?1{2}",
        "A{1,2}B{0,1}",
        "(A|)B*",
        "[AB]+1?",
        "[^A]*",
        r"\D+\d",
        ".{2,}A",
        "(A*)*B",
        "^A.*1$",
        "A|B|1",
        "(A|B)*A(A|B)",
        "[A-B1]{3}",
        r"[\dA]*?B",
        "",
    ],
)
def test_it_fits_what_re_fits(pattern: str) -> None:
    if not pattern:
        with pytest.raises(ValueError, match="1 to 255"):
            Pattern(pattern, "regex")
        return
    ours, theirs = Pattern(pattern, "regex"), re.compile(pattern)
    for text in TEXTS:
        assert ours.fits(text) == bool(theirs.fullmatch(text)), text


@pytest.mark.parametrize(
    ("pattern", "match", "command", "fits"),
    [
        ("AT+CSQ", "exact", "at+csq", True),
        ("AT+CSQ", "exact", "AT+CSQ?", False),
        ("AT*I", "exact", "AT*I", True),
        ("AT*I", "exact", "AT+CSQI", False),
        ("AT+CSQ?", "glob", "AT+CSQ?", True),
        ("AT+CSQ?", "glob", "AT+CSQA", False),
        ('AT+HTTPPARA="URL",*', "glob", 'AT+HTTPPARA="URL","http://a/"', True),
        ("AT+C*Q", "glob", "AT+CSQQ", True),
        (r"at\+cs[pq]", "regex", "AT+CSQ", True),
        (r"AT\+X=\w+", "regex", "AT+X=a_1", True),
        (r"AT\+X=\w+", "regex", "AT+X=\xe9", False),
        ("AT.X", "regex", "AT\xe9X", True),
    ],
)
def test_what_fits(pattern: str, match: str, command: str, fits: bool) -> None:
    assert Pattern(pattern, match).fits(command) is fits


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(A", r"a \) is missing"),
        ("A)", r"a \) too many"),
        ("[A", "a ] is missing"),
        ("*A", r"\* repeats nothing"),
        ("A**", r"\* repeats nothing"),
        ("(?=A)", r"only \(\?:…\)"),
        (r"(A)\1", r"\\1 is unknown"),
        ("A\\", r"\\ is unknown"),
        ("A^B", r"\^ in the middle"),
        ("[B-A]", "B-A is not a range"),
        ("A{101}", "at most 100 times"),
        ("A{3,2}", "at most 100 times"),
        ("(A{100}){100}", "more than 256 places"),
        ("((((){100}){100}){100}){100}", "repeats too much"),
        ("A" * 256, "1 to 255 characters"),
    ],
)
def test_what_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Pattern(pattern, "regex")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="one of exact, glob, regex"):
        Pattern("A", "wildcard")


@given(st.text("AB(|)*+?{1,2}[]^-\\d.$", max_size=40), st.sampled_from(MATCHES))
def test_any_text_is_a_pattern_or_refused(text: str, match: str) -> None:
    with suppress(ValueError):
        Pattern(text, match).fits("AAB1" * 20)


@pytest.mark.parametrize(
    ("pattern", "match"),
    [
        ("(A+)+B", "regex"),
        ("(A|A)*B", "regex"),
        ("(A*)*" * 20 + "B", "regex"),
        ("A?" * 60 + "A{60}B", "regex"),
        ("*A" * 50 + "B", "glob"),
        ("(" * 84 + "A" + ")*" * 84 + "B", "regex"),
    ],
)
def test_no_pattern_hangs(pattern: str, match: str) -> None:
    # By `re` the first of them alone would take longer than the universe has.
    assert not Pattern(pattern, match).fits("A" * 500)
