"""Foreign text moves no cursor and hides nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.text import shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain text, ünicode 模块", "plain text, ünicode 模块"),
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("a\r\nb\tc\0", r"a\r\nb\tc\x00"),
        ("\x7f\x80\x9b31m\x9f", r"\x7f\x80\x9b31m\x9f"),
        ("exe\u202efdp.\u2066x\u2069", r"exe\u202efdp.\u2066x\u2069"),
        ("a\u200bb\u200dc\ufeff\u00ad", r"a\u200bb\u200dc\ufeff\xad"),
        ("a\u2028b\u2029\x85", r"a\u2028b\u2029\x85"),
        ("\ud800\udfff", r"\ud800\udfff"),
        (b"\x80\xff.bin".decode("utf-8", "surrogateescape"), r"\x80\xff.bin"),
        ("\U000e0041\U0010ffff\ue000", r"\U000e0041\U0010ffff\ue000"),
        ("\u3164\u115f\u2800\u034f", r"\u3164\u115f\u2800\u034f"),
        ("a\u00a0\u3000b", r"a\xa0\u3000b"),
        ("back\\slash", "back\\slash"),
        ("", ""),
    ],
)
def test_what_does_not_show_as_itself_is_escaped(text: str, safe: str) -> None:
    assert shown(text) == safe


def test_it_is_bounded() -> None:
    assert shown("x" * 5000, limit=10) == "xxxxxxxxx…"
    assert shown("x" * 10, limit=10) == "x" * 10
    assert shown("\x1b" * 10, limit=10) == r"\x1b\x1b\…"
    assert len(shown("x" * 100_000)) == 1000
    assert len(shown("x" * 100_000, limit=None)) == 100_000


def test_what_is_kept_stays() -> None:
    assert shown("a\r\n\tb\x1b", keep="\r\n\t") == "a\r\n\tb\\x1b"


ANYTHING = st.text(st.characters(), max_size=80)


@given(ANYTHING, st.integers(1, 100))
def test_twice_is_once_and_all_of_it_can_be_printed(text: str, limit: int) -> None:
    safe = shown(text, limit=limit)
    assert len(safe) <= limit
    assert safe.isprintable()
    safe.encode()
    assert shown(safe, limit=limit) == safe
    assert shown(text, limit=None).startswith(safe.removesuffix("…"))
