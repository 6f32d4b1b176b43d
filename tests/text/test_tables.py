"""Keys, rows and values of tables that people wrote."""

from __future__ import annotations

from typing import Any

import pytest

from atwin.text import check_keys, rows_of, told


def test_a_key_that_is_not_known_is_told_with_the_nearest() -> None:
    check_keys({"rtt": 1}, ["rtt", "loss"])
    with pytest.raises(ValueError, match=r"^los: no such key, perhaps loss; there are rtt, loss$"):
        check_keys({"rtt": 1, "los": 1}, ["rtt", "loss"])
    with pytest.raises(ValueError, match=r"^\\x1bx{30}…: no such key; there are rtt$"):
        check_keys(["\x1b" + "x" * 500], ["rtt"], limit=35)


@pytest.mark.parametrize("value", [None, 1, {}, "x", [1], [{}, []]])
def test_what_are_no_rows(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^link: must be tables \[\[link\]\]$"):
        rows_of(value, "link", 9)


def test_rows_are_counted() -> None:
    assert rows_of([{}, {"a": 1}], "link", 2) == [{}, {"a": 1}]
    with pytest.raises(ValueError, match=r"^\[\[link\]\]: at most 1 of them$"):
        rows_of([{}, {}], "link", 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a\x1b\u202e", r'"a\u001b\u202e"'),
        (True, "true"),
        (float("inf"), "Infinity"),
        ("x" * 100, f'"{"x" * 78}…'),
        (object, "\"<class 'object'>\""),
    ],
)
def test_a_value_is_told_in_one_line(value: object, said: str) -> None:
    assert told(value) == said


def test_what_cannot_be_told_is_told_so() -> None:
    deep: list[Any] = []
    deep.append(deep)
    for value in (deep, 1 << 20_000):
        assert told(value) == "a value that is too long"
