"""Sizes, rates and durations as a person writes them: 300K, 1.2M, 15 min.

A size counts in 1024s, as files do. A rate counts in 1000s, as networks do. Each parser raises
`ValueError` with one line that says how to write it.
"""

from __future__ import annotations

import re

#: How each is written, as a regular expression of any dialect.
SIZE_FORM = "([0-9]{1,12})(?:([KkMmGg])[Bb]?)?"
RATE_FORM = r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(?:([KkMmGg])(?:B(?:/s)?)?| ?([KkMmGg])bit/s)?"
SECONDS_FORM = r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(?: ?(ms|s|min|h|d))?"

_SIZE, _RATE, _SECONDS = map(re.compile, (SIZE_FORM, RATE_FORM, SECONDS_FORM))
_SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_RATES = {"K": 1e3, "M": 1e6, "G": 1e9}
_UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86_400}


def parse_size(text: str, most: int | None = None) -> int:
    """A number of bytes; K or KB is 1024, M 1,048,576 and G 1,073,741,824 of them.

    Raises `ValueError`, also for more than `most`.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a number of bytes: write 5000, 300K, 12M")
    size = int(match[1]) * (_SIZES[match[2].upper()] if match[2] else 1)
    if most is not None and size > most:
        raise ValueError(f"{text}: give {most >> 20}M or less")
    return size


def parse_rate(text: str) -> float:
    """Bytes per second; K is 1000, M 1,000,000 and G 1,000,000,000 of them: `1.2M`, `20 Mbit/s`."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is not a rate in bytes per second: write 60000, 60K, 1.2M, 20 Mbit/s"
        )
    if match[3]:
        return float(match[1]) * _RATES[match[3].upper()] / 8
    return float(match[1]) * (_RATES[match[2].upper()] if match[2] else 1)


def parse_seconds(text: str) -> float:
    """Seconds; with a unit: `300 ms`, `90 s`, `15 min`, `2 h`, `3 d`."""
    match = _SECONDS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write 90, 90 s, 15 min, 2 h, 3 d")
    return float(match[1]) * _UNITS[match[2] or "s"]
