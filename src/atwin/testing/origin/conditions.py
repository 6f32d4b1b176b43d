"""Requests for a part of a file, or on a condition (RFC 9110 §13, §14.1, §14.2)."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from atwin.text import decimal

_TAG = re.compile(r'(?:W/)?"[^"]*"')
_RANGE = re.compile(rb"bytes=[ \t,]*(?:(\d{1,19})-(\d{0,19})|-(\d{1,19}))[ \t,]*", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """The range begins after the end: status 416."""


def precondition_status(headers: dict[bytes, bytes], etag: str, modified: int) -> int | None:
    """304 or 412 when a condition of a GET or HEAD stops it, in the order of §13.2.2.

    `modified`: UTC seconds since 1970.
    """
    match = headers.get(b"if-match")
    if match is not None:
        if not _names(match, etag, strong=True):
            return 412
    else:
        limit = _date(headers.get(b"if-unmodified-since"))
        if limit is not None and modified > limit:
            return 412
    none_match = headers.get(b"if-none-match")
    if none_match is not None:
        return 304 if _names(none_match, etag, strong=False) else None
    since = _date(headers.get(b"if-modified-since"))
    return 304 if since is not None and modified <= since else None


def if_range_holds(headers: dict[bytes, bytes], etag: str, modified: int) -> bool:
    """Whether Range may be honoured: If-Range is absent or names exactly this file (§13.1.5)."""
    value = headers.get(b"if-range")
    if value is None:
        return True
    text = value.decode("latin-1")
    return text == etag if '"' in text else _date(value) == modified


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


def _names(value: bytes, etag: str, *, strong: bool) -> bool:
    text = value.decode("latin-1")
    if text.strip() == "*":
        return True
    tags = _TAG.findall(text)
    return etag in (tags if strong else [tag.removeprefix("W/") for tag in tags])


def _date(value: bytes | None) -> float | None:
    """UTC seconds since 1970; None if it is not a date, and so to be ignored."""
    try:
        return parsedate_to_datetime((value or b"").decode("latin-1")).timestamp()
    except ValueError:
        return None
