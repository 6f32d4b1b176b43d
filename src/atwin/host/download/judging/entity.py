"""What identifies the entity at a URL, so that parts of two are never put together.

Compared are length, ETag, Last-Modified and type, in any letter case: an Air724UG lower-cases
header values (docs/spec/http.md §3.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from atwin.host.channel.quoted import is_header_line

if TYPE_CHECKING:
    from datetime import datetime

    from atwin.host.headers import Headers

# Servers write `bytes=0-9/10`, `bytes: 0 - 9 / 10` and `0-9/10` too. More digits than any length
# has do not match.
_CONTENT_RANGE = re.compile(
    r"(?:bytes\s*[=: ]?)?\s*(?:(\d{1,19})\s*-\s*(\d{1,19})|\*)\s*/\s*(\d{1,19}|\*)", re.IGNORECASE
)
#: A validator that can be said in USERDATA letter by letter: no quote inside, no backslash, and
#: short enough to leave room for a Range line.
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{0,300}"')
#: Digits of a pause that Retry-After may ask for: ten digits of seconds are not a pause.
_LONGEST_PAUSE = 10
_HTTP_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,60}")


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
        if first is not None and last is not None and last < first:
            return None
        return cls(first, last, total)


@dataclass(frozen=True, slots=True)
class Entity:
    """One state of what a URL stands for.

    `type` is its media type without parameters, in lower case; `coding` its Content-Encoding.
    `folded` says that the values went through a module that lower-cases them. `condition` is a
    value for If-Range that is exactly the server's, or None. `fresh`: it was changed in the second
    it was sent, and may change again under the same date.
    """

    length: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    type: str | None = None
    coding: str | None = None
    folded: bool = False
    condition: str | None = None
    ranges_refused: bool = False
    fresh: bool = False

    @classmethod
    def of(cls, headers: Headers) -> Entity:
        """From a header block of a HEAD, GET or ranged GET."""
        content_range, age = ContentRange.of(headers), _age(headers)
        coding = headers.get("content-encoding", "").strip().lower()
        return cls(
            length=headers.length if content_range is None else content_range.total,
            etag=headers.get("etag") or None,
            last_modified=headers.get("last-modified") or None,
            type=headers.get("content-type", "").partition(";")[0].strip().lower() or None,
            coding=None if coding in ("", "identity") else coding,
            folded=headers.folded,
            condition=_condition(headers),
            # Too young to tell two changes apart (RFC 9110 §8.8.2.2).
            fresh=age is not None and age < 1,
            ranges_refused=headers.get("accept-ranges", "").strip().lower() == "none",
        )

    @classmethod
    def from_record(cls, record: dict[str, str | int | None]) -> Entity:
        """From a journal; what has the wrong type there counts as not given."""
        length = record.get("length")

        def text(name: str) -> str | None:
            value = record.get(name)
            return value if isinstance(value, str) else None

        return cls(
            length=length if isinstance(length, int) else None,
            etag=text("etag"),
            last_modified=text("last_modified"),
            type=text("type"),
        )

    def to_record(self) -> dict[str, str | int | None]:
        """For a journal."""
        record: dict[str, str | int | None] = {
            "length": self.length,
            "etag": self.etag,
            "last_modified": None if self.fresh else self.last_modified,
        }
        return record if self.type is None else {**record, "type": self.type}

    @property
    def validated(self) -> bool:
        """Whether the server says anything that would change with the bytes."""
        return bool(self.etag or (self.last_modified and not self.fresh))

    @property
    def vouches(self) -> bool:
        """Whether bytes of two responses with these values are surely of one entity."""
        return self.length is not None and self.validated

    def updated(self, newer: Entity | None, *, confirmed: bool = True) -> Entity:
        """The same entity as `newer` describes it; what that leaves open is as it was.

        Unless a GET has `confirmed` what it was, its validators may be those of another one.
        """
        if newer is None:
            return self
        before = self if confirmed else Entity(length=self.length, type=self.type)
        return replace(
            newer,
            length=before.length if newer.length is None else newer.length,
            etag=newer.etag or before.etag,
            last_modified=newer.last_modified or before.last_modified,
            type=newer.type or before.type,
            condition=newer.condition or before.condition,
        )

    def difference(self, other: Entity) -> str | None:
        """In which way `other` is another entity; None when nothing says so.

        A value only one of the two has says nothing. The same strong ETag is the same entity,
        whatever the dates of two servers say.
        """
        if None not in (self.length, other.length) and self.length != other.length:
            return f"its length was {self.length} and is {other.length}"
        if self.surely(other):
            return None
        if self.etag and other.etag and _plain(self.etag) != _plain(other.etag):
            return f"its ETag was {self.etag} and is {other.etag}"
        ours, theirs = self.last_modified, other.last_modified
        if ours and theirs and _plain(ours) != _plain(theirs):
            return f"its Last-Modified was {ours} and is {theirs}"
        return None

    def surely(self, other: Entity) -> bool:
        """Whether both have the same strong ETag: then they are one, whatever else is said."""
        if not self.etag or not other.etag or _is_weak(self.etag) or _is_weak(other.etag):
            return False
        return _plain(self.etag) == _plain(other.etag)

    def same_validators(self, other: Entity) -> bool:
        """Whether both have an ETag, or both a date; whether they differ `difference` tells."""
        return bool((self.etag and other.etag) or (self.last_modified and other.last_modified))


def http_date(value: str) -> datetime | None:
    """A date of a header field; None if it is not a date with a zone."""
    try:
        date = parsedate_to_datetime(value)
        date.timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return date if date.tzinfo is not None else None


def retry_after(headers: Headers) -> float | None:
    """Seconds to wait by Retry-After (RFC 9110 §10.2.3); None without one that makes sense."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= _LONGEST_PAUSE else None
    at, now = http_date(value), http_date(headers.get("date", ""))
    # By the server's own clock: a module's, and this computer's, may be wrong.
    return max(0.0, at.timestamp() - now.timestamp()) if at and now else None


def _plain(value: str) -> str:
    """For comparing: letter case and the mark of a weak ETag do not count."""
    return value.strip().lower().removeprefix("w/")


def _is_weak(etag: str) -> bool:
    return etag.strip().lower().startswith("w/")


def _age(headers: Headers) -> float | None:
    """Seconds from the last change to the answer; None where the server does not tell."""
    changed = http_date(headers.get("last-modified", ""))
    sent = http_date(headers.get("date", ""))
    return sent.timestamp() - changed.timestamp() if changed and sent else None


def _condition(headers: Headers) -> str | None:
    """A strong validator in the server's own letters (RFC 9110 §13.1.5) that a module can send.

    None when there is no such.
    """
    if headers.folded:
        return None
    etag = headers.get("etag", "").strip()
    if _STRONG_ETAG.fullmatch(etag) and is_header_line(f"If-Range: {etag}"):
        return etag
    modified, age = headers.get("last-modified", "").strip(), _age(headers)
    # A date is strong when the entity cannot have changed twice within its one second.
    return modified if age is not None and age >= 1 and _HTTP_DATE.fullmatch(modified) else None
