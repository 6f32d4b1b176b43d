"""What identifies an entity, and what may be sent back in If-Range."""

from __future__ import annotations

import pytest

from atwin.host.download.judging.entity import ContentRange, Entity
from atwin.host.headers import Headers

BLOCK = (
    b"Server: AliyunOSS\r\nDate: Thu, 16 Jan 2020 06:50:58 GMT\r\nContent-Length: 100\r\n"
    b'ETag: "A5B9"\r\nLast-Modified: Wed, 08 Jan 2020 08:29:29 GMT'
)


def test_headers_in_any_case() -> None:
    headers = Headers(BLOCK + b"\r\nno colon here\r\nX-A: 1\r\nx-a: 2")
    assert headers["CONTENT-length"] == "100"
    assert headers["x-a"] == "1, 2"
    assert headers.get("missing") is None
    assert "etag" in headers
    assert not headers.folded
    assert Headers(BLOCK.lower()).folded
    assert not Headers(b"").folded


def test_case_does_not_matter_and_everything_else_does() -> None:
    entity, folded = Entity.of(Headers(BLOCK)), Entity.of(Headers(BLOCK.lower()))
    assert entity.difference(folded) is None
    for old, new, reason in (
        (b"100", b"101", "its length was 100 and is 101"),
        (b"A5B9", b"A5B8", "its ETag was"),
        (b"08:29:29", b"08:29:30", "its Last-Modified was"),
    ):
        weak = BLOCK.replace(b'"A5B9"', b'W/"A5B9"') if new.startswith(b"08") else BLOCK
        changed = Entity.of(Headers(weak.replace(old, new).lower()))
        assert (entity.difference(changed) or "").startswith(reason)


def test_what_one_side_does_not_know_is_no_difference() -> None:
    assert Entity.of(Headers(BLOCK)).difference(Entity()) is None
    assert Entity(etag='W/"a"').difference(Entity(etag='"A"')) is None


def test_the_same_strong_etag_is_the_same_entity_whatever_the_dates_of_two_servers() -> None:
    later = Entity.of(Headers(BLOCK.replace(b"08:29:29", b"08:29:30")))
    assert Entity.of(Headers(BLOCK)).difference(later) is None


def test_journal_round_trip() -> None:
    entity = Entity.of(Headers(BLOCK))
    assert Entity.from_record(entity.to_record()).difference(entity) is None
    assert Entity.from_record({"length": "x", "etag": 3}) == Entity()


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        ((b"", b""), '"A5B9"'),
        ((b'"A5B9"', b'W/"A5B9"'), "Wed, 08 Jan 2020 08:29:29 GMT"),
        ((b'ETag: "A5B9"\r\n', b""), "Wed, 08 Jan 2020 08:29:29 GMT"),
        # Written in the second it was sent: it may change again within that second.
        ((BLOCK, BLOCK.replace(b"ETag", b"X").replace(b"08 Jan", b"16 Jan")), None),
    ],
)
def test_condition_is_a_strong_validator(
    change: tuple[bytes, bytes], condition: str | None
) -> None:
    block = BLOCK.replace(*change)
    if condition is None:
        block = block.replace(b"08:29:29", b"06:50:58")
    assert Entity.of(Headers(block)).condition == condition


def test_nothing_lower_cased_is_sent_back() -> None:
    assert Entity.of(Headers(BLOCK.lower())).condition is None


def test_dates_that_are_none() -> None:
    block = b"Date: yesterday\r\nLast-Modified: Wed, 08 Jan 2020 08:29:29 GMT"
    assert Entity.of(Headers(block)).condition is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes 0-99/100", ContentRange(0, 99, 100)),
        ("Bytes 0-99/*", ContentRange(0, 99, None)),
        ("bytes */100", ContentRange(None, None, 100)),
        ("bytes 0-99", None),
        ("items 0-9/10", None),
    ],
)
def test_content_range(value: str, expected: ContentRange | None) -> None:
    assert ContentRange.of(Headers(f"Content-Range: {value}".encode())) == expected


def test_length_of_a_part_is_that_of_the_whole() -> None:
    headers = Headers(b"Content-Length: 10\r\nContent-Range: bytes 0-9/100")
    assert Entity.of(headers).length == 100
    assert Entity.of(Headers(b"Content-Length: ten")).length is None
    assert Entity.of(Headers(b"Accept-Ranges: none")).ranges_refused
