"""The Range header (RFC 9110 §14.1, §14.2)."""

from __future__ import annotations

import re

_RANGE = re.compile(rb"bytes=[ \t,]*(?:(\d+)-(\d*)|-(\d+))[ \t,]*", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """The range begins behind the end: status 416."""


def requested_range(value: bytes | None, size: int) -> range | None:
    """The positions that a Range header asks for; None when it is to be ignored.

    Ignored are headers that make no sense and lists of several ranges, as RFC 9110 allows.
    Raises `UnsatisfiableError`.
    """
    match = _RANGE.fullmatch(value or b"")
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, stop = max(0, size - int(suffix)), size
    else:
        start, stop = int(first), size
        if last:
            if int(last) < start:
                return None
            stop = min(size, int(last) + 1)
    if start >= stop:
        raise UnsatisfiableError
    return range(start, stop)
