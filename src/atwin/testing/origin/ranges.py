"""The Range header (RFC 9110 §14.1, §14.2)."""

from __future__ import annotations

import re

from atwin.text.numbers import decimal

_RANGE = re.compile(rb"bytes=[ \t,]*(?:(\d{1,19})-(\d{0,19})|-(\d{1,19}))[ \t,]*", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """The range begins after the end: status 416."""


def requested_range(value: bytes | None, size: int) -> range | None:
    """The positions that a Range header asks for; None when it is to be ignored.

    Ignored are headers that make no sense and lists of several ranges, as RFC 9110 allows.
    Raises `UnsatisfiableError`.
    """
    match = _RANGE.fullmatch(value or b"")
    if match is None:
        return None
    first, last, suffix = (decimal(text or b"") for text in match.groups())
    if suffix is not None:
        start, stop = max(0, size - suffix), size
    elif first is not None:
        if last is not None and last < first:
            return None
        start, stop = first, size if last is None else min(size, last + 1)
    else:
        return None
    if start >= stop:
        raise UnsatisfiableError
    return range(start, stop)
