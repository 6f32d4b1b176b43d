"""What identifies the entity behind a URL, so that parts of two are never put together.

Compared are length, ETag and Last-Modified, in any letter case: an Air724UG lower-cases header
values (spec: http.md §3.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from atwin.host.quoted import is_header_line

if TYPE_CHECKING:
    from datetime import datetime

    from atwin.host.headers import Headers

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", re.IGNORECASE)
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]*"')


@dataclass(frozen=True, slots=True)
class ContentRange:
    """`bytes first-last/total`; a 416 has no `first`, an unknown length no `total`."""

    first: int | None
    last: int | None
    total: int | None

    @classmethod
    def of(cls, headers: Headers) -> ContentRange | None:
        """The Content-Range of a response; None when it has none that makes sense."""
        match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        if match is None:
            return None
        first, last, total = (int(x) if x and x != "*" else None for x in match.groups())
        return cls(first, last, total)


@dataclass(frozen=True, slots=True)
class Entity:
    """One state of what a URL stands for.

    `folded` tells that the values went through a module that lower-cases them. `condition` is a
    value for If-Range that is exactly the server's, or None.
    """

    length: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    folded: bool = False
    condition: str | None = None
    ranges_refused: bool = False

    @classmethod
    def of(cls, headers: Headers) -> Entity:
        """From a header block of a HEAD, GET or ranged GET."""
        content_range = ContentRange.of(headers)
        length: int | None
        if content_range is not None:
            length = content_range.total
        else:
            stated = headers.get("content-length", "")
            length = int(stated) if stated.isdecimal() else None
        return cls(
            length=length,
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            folded=headers.folded,
            condition=_condition(headers),
            ranges_refused=headers.get("accept-ranges", "").strip().lower() == "none",
        )

    @classmethod
    def from_record(cls, record: dict[str, str | int | None]) -> Entity:
        """From a journal; what has the wrong type there counts as not given."""
        length, etag, modified = (record.get(k) for k in ("length", "etag", "last_modified"))
        return cls(
            length=length if isinstance(length, int) else None,
            etag=etag if isinstance(etag, str) else None,
            last_modified=modified if isinstance(modified, str) else None,
        )

    def to_record(self) -> dict[str, str | int | None]:
        """For a journal."""
        return {
            "length": self.length,
            "etag": self.etag,
            "last_modified": self.last_modified,
        }

    @property
    def vouches(self) -> bool:
        """Whether bytes of two responses with these values are surely of one entity."""
        return self.length is not None and bool(self.etag or self.last_modified)

    def updated(self, newer: Entity | None) -> Entity:
        """The same entity as `newer` describes it, with our length if that says none."""
        if newer is None:
            return self
        return newer if newer.length is not None else replace(newer, length=self.length)

    def difference(self, other: Entity) -> str | None:
        """In which way `other` is another entity; None when nothing says so.

        A value only one of the two has says nothing.
        """
        if None not in (self.length, other.length) and self.length != other.length:
            return f"its length was {self.length} and is {other.length}"
        for name, ours, theirs in (
            ("ETag", self.etag, other.etag),
            ("Last-Modified", self.last_modified, other.last_modified),
        ):
            if ours and theirs and _plain(ours) != _plain(theirs):
                return f"its {name} was {ours} and is {theirs}"
        return None


def _plain(value: str) -> str:
    """For comparing: letter case and the mark of a weak ETag do not count."""
    return value.strip().lower().removeprefix("w/")


def _condition(headers: Headers) -> str | None:
    """A strong validator in the server's own letters (RFC 9110 §13.1.5) that a module can send.

    None when there is no such.
    """
    if headers.folded:
        return None
    etag = headers.get("etag", "").strip()
    if _STRONG_ETAG.fullmatch(etag) and is_header_line(f"If-Range: {etag}"):
        return etag
    modified = headers.get("last-modified", "").strip()
    changed, sent = _date(modified), _date(headers.get("date", ""))
    # A date is strong when the entity cannot have changed twice within its one second.
    if changed and sent and (sent - changed).total_seconds() >= 1:
        return modified
    return None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo is not None else None
