"""Conditional requests for a file with a strong ETag (RFC 9110 §13)."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

_TAG = re.compile(r'(?:W/)?"[^"]*"')


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


def _names(value: bytes, etag: str, *, strong: bool) -> bool:
    text = value.decode("latin-1")
    if text.strip() == "*":
        return True
    tags = _TAG.findall(text)
    return etag in (tags if strong else [tag.removeprefix("W/") for tag in tags])


def _date(value: bytes | None) -> float | None:
    """UTC seconds since 1970; None for what is no date and therefore to be ignored."""
    try:
        return parsedate_to_datetime((value or b"").decode("latin-1")).timestamp()
    except ValueError:
        return None
