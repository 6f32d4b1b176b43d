"""What a response may become, given what is known: the whole decision as a table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.host.download.judging.entity import Entity, retry_after
from atwin.host.download.judging.judge import judge
from atwin.host.download.judging.verdict import (
    AllThere,
    Another,
    Asked,
    Broken,
    ByParts,
    Changed,
    Known,
    NoRanges,
    Overlap,
    Refused,
    Seen,
    Span,
    TakeSlice,
    TakeWhole,
    TooLong,
    Unconditional,
)
from atwin.host.headers import Headers

FILE = Entity(length=1000, etag='"v1"', type="application/octet-stream")
BARE = Entity(length=1000)
#: A HEAD has told of it; a GET has; the first 500 bytes are on disk.
HEARD = Known(FILE, head_status=200)
SEEN = Known(FILE, confirmed=True, head_status=200)
PARTS = Known(FILE, head_status=200, may_part=True)
HALF = Known(FILE, confirmed=True, kept=500, head_status=200, ranges_work=True)
#: Nothing but the length is known, and half of it is there.
BARE_HALF = Known(BARE, confirmed=True, kept=500, head_status=200, ranges_work=True)

REST = Asked(Span(500, 999))
FIRST = Asked(Span(0, 499))
#: The same with some of what is on disk.
LAPPED = Asked(Span(436, 999))
CONDITIONAL = Asked(Span(500, 999), conditional=True)
ALL = Asked()

OCTETS, HTML = "Content-Type: application/octet-stream", "Content-Type: text/html; charset=x"


def seen(status: int, held: int, *lines: str, complete: bool = True) -> Seen:
    return Seen(status, held, Headers("\r\n".join(lines).encode("latin-1")), complete)


def part(first: int, last: int, total: int | str, *lines: str) -> Seen:
    return seen(206, last - first + 1, f"Content-Range: bytes {first}-{last}/{total}", *lines)


ETAG, OTHER_ETAG = 'ETag: "v1"', 'ETag: "v2"'


NOW, LATER = "Thu, 16 Jan 2020 06:50:58 GMT", "Thu, 16 Jan 2020 06:51:08 GMT"


def names(verdict: object) -> str:
    return type(verdict).__name__


@pytest.mark.parametrize(
    ("asked", "answer", "known", "verdict"),
    [
        # --- slices
        (FIRST, part(0, 499, 1000, ETAG), HEARD, TakeSlice),
        (REST, part(500, 999, 1000, ETAG), HALF, TakeSlice),
        (REST, seen(200, 500, "Content-Range: bytes 500-999/1000", ETAG), HALF, TakeSlice),
        (REST, part(500, 999, "*", ETAG), HALF, TakeSlice),
        (REST, part(500, 599, 1000, ETAG), HALF, TakeSlice),  # a server that gives less at a time
        (REST, part(448, 999, 1000, ETAG), HALF, TakeSlice),  # from the block before
        (REST, part(0, 999, 1000, ETAG), HALF, TakeSlice),  # always the whole, and it fits
        (REST, part(0, 499, 1000, ETAG), HALF, NoRanges),  # always the first part
        (REST, part(600, 999, 1000, ETAG), HALF, NoRanges),  # a gap
        (REST, seen(206, 500, "Content-Range: bytes=500-999/1000", ETAG), HALF, TakeSlice),
        (REST, seen(206, 500, "Content-Range: BYTES 500 - 999 / 1000", ETAG), HALF, TakeSlice),
        (REST, seen(206, 500, "Content-Range: bytes 500-1000/1000", ETAG), HALF, Overlap),
        (LAPPED, seen(206, 564, "Content-Range: bytes 436-1000/1000", ETAG), HALF, TakeSlice),
        (REST, seen(206, 500, "Content-Range: bytes 500-799/1000", ETAG), HALF, NoRanges),
        (FIRST, seen(206, 500, ETAG), HEARD, TakeSlice),  # unnamed, and as long as asked for
        (REST, seen(206, 500, ETAG), HALF, Overlap),  # the same: only the bytes can tell
        (LAPPED, seen(206, 564, ETAG), HALF, TakeSlice),
        (FIRST, seen(206, 500, "Content-Range: bytes 0-500/1000", ETAG), SEEN, TakeSlice),
        (REST, part(500, 999, 1000), HALF, Overlap),  # nothing says that it is the same file
        (LAPPED, part(436, 999, 1000), HALF, TakeSlice),
        (LAPPED, part(500, 999, 1000), HALF, NoRanges),
        (REST, part(500, 999, 1000), BARE_HALF, TakeSlice),
        (REST, seen(206, 400, ETAG), HALF, NoRanges),
        (REST, seen(206, 600, ETAG), HALF, NoRanges),
        (LAPPED, seen(206, 564, "Content-Range: bytes 436-999/" + "9" * 5000), HALF, TakeSlice),
        (REST, seen(206, 90, "Content-Type: multipart/byteranges; boundary=x"), HALF, NoRanges),
        # --- the entity is another one now
        (REST, part(500, 999, 1000, OTHER_ETAG), HALF, Changed),
        (REST, part(500, 899, 900, OTHER_ETAG), HALF, Changed),
        (REST, part(500, 899, 900), BARE_HALF, Changed),
        (CONDITIONAL, seen(200, 1000, OTHER_ETAG, OCTETS), HALF, Changed),
        (CONDITIONAL, seen(602, 900, OTHER_ETAG, OCTETS, complete=False), HALF, Changed),
        (REST, seen(416, 0, "Content-Range: bytes */300"), HALF, Changed),
        # --- something else came
        (REST, seen(200, 50, HTML), HALF, Another),
        (REST, seen(200, 50, HTML, OTHER_ETAG), HALF, Another),
        (REST, seen(200, 50, OCTETS), HALF, Another),  # the ETag is gone
        (REST, seen(200, 50, OCTETS), BARE_HALF, Another),
        (REST, seen(200, 50, HTML), BARE_HALF, Another),
        (CONDITIONAL, seen(602, 900, HTML, "Content-Length: 5000", complete=False), HALF, Another),
        (ALL, seen(200, 50, HTML), HEARD, Another),
        (ALL, seen(204, 0), HALF, Another),
        # --- no ranges here
        (REST, seen(602, 900, ETAG, "Content-Length: 1000", complete=False), HALF, NoRanges),
        (FIRST, seen(416, 0), HEARD, NoRanges),
        (FIRST, seen(403, 9), HEARD, NoRanges),
        (FIRST, seen(501, 9), HEARD, NoRanges),
        (FIRST, seen(403, 9), Known(head_status=403), Refused),
        (REST, seen(403, 9), HALF, Refused),  # parts came before: it is the entity
        # --- If-Range is not for everybody
        (CONDITIONAL, seen(200, 1000, ETAG, OCTETS), HALF, Unconditional),
        (CONDITIONAL, seen(412, 0), HALF, Unconditional),
        (CONDITIONAL, seen(400, 0), HALF, Unconditional),
        # --- the whole
        (ALL, seen(200, 1000, ETAG), HEARD, TakeWhole),
        (ALL, seen(203, 1000, ETAG), HEARD, TakeWhole),
        (ALL, seen(200, 1000), Known(), TakeWhole),
        # The GET is right, the HEAD was not; and where the GET does not say, it may be cut.
        (ALL, seen(200, 900, ETAG, "Content-Length: 900"), HEARD, TakeWhole),
        (ALL, seen(200, 900, ETAG, "Transfer-Encoding: chunked"), HEARD, TakeWhole),
        (ALL, seen(200, 900, ETAG), HEARD, Refused),
        (ALL, seen(200, 1000, HTML), HEARD, Another),  # as long, and still another thing
        (ALL, seen(200, 1000, HTML), SEEN, Another),
        (ALL, seen(200, 700, ETAG, "Content-Encoding: gzip"), PARTS, ByParts),
        (ALL, seen(200, 700, ETAG, "Content-Encoding: br", "Content-Length: 700"), SEEN, Changed),
        (CONDITIONAL, seen(416, 0), HALF, Unconditional),
        (ALL, seen(200, 1000, ETAG), Known(Entity(length=0), head_status=200), TakeWhole),
        (FIRST, seen(200, 50, HTML), Known(), TakeWhole),  # the first response defines it
        (ALL, seen(204, 0), Known(), TakeWhole),
        (FIRST, seen(416, 9, "Content-Range: bytes */0"), Known(), TakeWhole),
        (ALL, seen(200, 90, "Content-Length: 100"), Known(), Broken),
        (ALL, seen(602, 400, ETAG, "Content-Length: 1000", complete=False), SEEN, TooLong),
        # --- the end
        (Asked(Span(1000, 1499)), seen(416, 0, "Content-Range: bytes */1000"),
         Known(kept=1000, confirmed=True, ranges_work=True), AllThere),
        (Asked(Span(900, 1499)), seen(416, 0),
         Known(kept=900, confirmed=True, short=True, ranges_work=True), AllThere),
        (Asked(Span(900, 1499)), seen(416, 0),
         Known(Entity(), kept=900, confirmed=True, ranges_work=True), Overlap),
        (Asked(Span(836, 1499)), part(836, 899, "*"),
         Known(Entity(), kept=900, confirmed=True, ranges_work=True), AllThere),
        (Asked(Span(836, 1499)), seen(416, 0),
         Known(Entity(), kept=900, confirmed=True, ranges_work=True), Changed),
        (Asked(Span(900, 1499)), seen(206, 0),
         Known(Entity(), kept=900, confirmed=True, ranges_work=True), AllThere),
        # --- for now
        (REST, seen(503, 0, "Retry-After: 7"), HALF, Refused),
        (REST, seen(429, 0), HALF, Refused),
        (ALL, seen(404, 0), HEARD, Refused),
        (REST, seen(302, 0), HALF, Refused),
    ],
)  # fmt: skip
def test_verdict(asked: Asked, answer: Seen, known: Known, verdict: type) -> None:
    assert names(judge(asked, answer, known)) == verdict.__name__


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (part(500, 999, 1000, OTHER_ETAG), TakeSlice),
        (part(500, 999, 1000, OTHER_ETAG, HTML), TakeSlice),
        (part(500, 899, 900, OTHER_ETAG), Changed),  # that many bytes cannot hash right
        (seen(200, 50, HTML), Another),
    ],
)
def test_with_a_hash_validators_count_for_nothing(answer: Seen, verdict: type) -> None:
    known = Known(FILE, confirmed=True, kept=500, by_hash=True, head_status=200)
    assert names(judge(REST, answer, known)) == verdict.__name__


def test_a_module_that_streams_does_without_a_slice_that_has_no_name() -> None:
    known = Known(FILE, confirmed=True, kept=500, streams=True, ranges_work=True)
    assert isinstance(judge(REST, seen(206, 500, ETAG), known), NoRanges)


def test_what_is_not_sure_is_said() -> None:
    for answer in (
        seen(206, 564, "Content-Range: bytes 436-1000/1000", ETAG),
        seen(206, 564, ETAG),
    ):
        verdict = judge(LAPPED, answer, HALF)
        assert isinstance(verdict, TakeSlice)
        assert not verdict.sure


def test_two_words_about_one_length_are_a_dispute_that_the_end_decides() -> None:
    verdict = judge(FIRST, part(0, 499, 900, ETAG), HEARD)
    assert isinstance(verdict, TakeSlice)
    assert verdict.disputed
    assert verdict.entity.length is None
    at_the_end = Known(Entity(), confirmed=True, kept=900, open_total=True, ranges_work=True)
    span = Asked(Span(900, 1399))
    assert isinstance(judge(span, seen(416, 0, "Content-Range: bytes */900"), at_the_end), AllThere)


def test_another_thing_is_told_by_what_it_is() -> None:
    assert judge(REST, seen(200, 50, HTML), HALF) == Another(
        "200 text/html, 50 bytes instead of 1000"
    )


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (["Retry-After: 6"], 6.0),
        (["Retry-After:  120 "], 120.0),
        (["Retry-After: " + LATER, "Date: " + NOW], 10.0),
        (["Retry-After: " + NOW, "Date: " + LATER], 0.0),
        (["Retry-After: " + LATER], None),
        (["Retry-After: soon"], None),
        (["Retry-After: -1"], None),
        (["Retry-After: ²"], None),
        (["Retry-After: " + "9" * 5000], None),
        ([], None),
    ],
)  # fmt: skip
def test_retry_after(lines: list[str], seconds: float | None) -> None:
    assert retry_after(Headers("\r\n".join(lines).encode("latin-1"))) == seconds


# --- whatever comes -----------------------------------------------------------------------------

LENGTHS = st.one_of(st.none(), st.integers(0, 2000))
ENTITIES = st.builds(
    Entity,
    length=LENGTHS,
    etag=st.sampled_from([None, '"v1"', '"v2"', 'W/"v1"']),
    last_modified=st.sampled_from([None, "Wed, 08 Jan 2020 08:29:29 GMT"]),
    type=st.sampled_from([None, "text/html", "application/octet-stream"]),
)
KNOWN = st.builds(
    Known,
    entity=st.one_of(st.none(), ENTITIES),
    confirmed=st.booleans(),
    kept=st.integers(0, 1500),
    by_hash=st.booleans(),
    streams=st.booleans(),
    head_status=st.sampled_from([0, 200, 404]),
    short=st.booleans(),
    ranges_work=st.booleans(),
    head_length=LENGTHS,
    open_total=st.booleans(),
)
SPANS = st.one_of(
    st.none(),
    st.builds(
        lambda first, size: Span(first, first + size), st.integers(0, 1500), st.integers(0, 900)
    ),
)
LINES = st.lists(
    st.sampled_from(
        [
            "Content-Range: bytes 0-499/1000", "Content-Range: bytes 500-999/1000",
            "Content-Range: bytes */700", "Content-Range: bytes 9-3/2", "Content-Range: x",
            "Content-Length: 500", "Content-Length: 5, 6", "Content-Length: ²", ETAG, OTHER_ETAG,
            OCTETS, HTML, "Retry-After: 5", "Content-Encoding: gzip", "Accept-Ranges: none",
        ]
    ),
    max_size=5,
)  # fmt: skip
STATUSES = st.sampled_from(
    [200, 203, 204, 206, 304, 302, 400, 403, 404, 412, 416, 429, 500, 503, 999]
)


@given(SPANS, st.booleans(), STATUSES, st.integers(0, 1200), LINES, st.booleans(), KNOWN)
def test_every_response_has_a_verdict_and_no_slice_misses_the_next_byte(
    span: Span | None,
    conditional: bool,
    status: int,
    held: int,
    lines: list[str],
    complete: bool,
    known: Known,
) -> None:
    asked = Asked(span, conditional and span is not None)
    answer = seen(status if complete else 602, held, *lines, complete=complete)
    verdict: Any = judge(asked, answer, known)
    if isinstance(verdict, TakeSlice):
        assert verdict.first <= known.kept < verdict.first + held
    if isinstance(verdict, TakeWhole) and complete and status == 200:
        assert verdict.entity.length in (held, 0)
    if isinstance(verdict, TakeWhole | TakeSlice) and known.confirmed and not known.by_hash:
        before = known.entity
        if before is not None and before.etag == '"v1"' and OTHER_ETAG in lines:
            assert ETAG in lines, "parts of two entities"


@pytest.mark.parametrize("line", ["X: y", "Content-Range: bytes 0-499/*"])
def test_the_length_of_a_head_that_is_of_another_type_is_not_that_of_the_file(line: str) -> None:
    """A page to log in answers the HEAD, and 9000 bytes of the file would pass for all of it."""
    page = Known(Entity(length=9000, type="text/html"), head_status=200, may_part=True)
    verdict = judge(FIRST, seen(206, 500, line, OCTETS), page)
    assert isinstance(verdict, TakeSlice)
    assert verdict.entity.length is None
    same = judge(FIRST, seen(206, 500, line, HTML), page)
    assert isinstance(same, TakeSlice)
    assert same.entity.length == 9000
