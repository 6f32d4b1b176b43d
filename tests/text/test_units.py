"""Sizes, rates and durations as people write them."""

from __future__ import annotations

import pytest

from atwin.text.units import parse_rate, parse_seconds, parse_size


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60000", 60_000),
        ("60K", 60_000),
        ("1.2M", 1.2e6),
        ("125MB/s", 125e6),
        ("1g", 1e9),
        ("20 Mbit/s", 2.5e6),
        ("1Gbit/s", 125e6),
        ("64.8kbit/s", 8100),
    ],
)
def test_a_rate_counts_in_thousands(text: str, value: float) -> None:
    assert parse_rate(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90", 90),
        ("90 s", 90),
        ("0.5s", 0.5),
        ("300 ms", 0.3),
        ("15 min", 900),
        ("2 h", 7200),
        ("3 d", 259_200),
    ],
)
def test_a_duration_has_its_unit(text: str, value: float) -> None:
    assert parse_seconds(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse, text)
        for parse in (parse_rate, parse_seconds, parse_size)
        for text in ("", "x", "-1", "1e9", "nan", "inf", "1 2", "٣", "9" * 13, "1m", "1 s s")
        if (parse, text) != (parse_rate, "1m") and (parse, text) != (parse_size, "1m")
    ],
)
def test_what_is_none(parse: object, text: str) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match="write"):
        parse(text)


@pytest.mark.parametrize("text", ["20Mb/s", "20 M", "20 bit/s", "20 MB/s"])
def test_a_rate_that_could_be_bits_or_bytes_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="20 Mbit/s"):
        parse_rate(text)
