"""Header blocks as modules hand them out."""

from __future__ import annotations

import pytest

from atwin.host.headers import Headers


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        (b"", False),
        (b"etag: x", True),
        (b"etag: X", False),
        ("content-disposition: é.bin".encode(), True),
        ("x: É".encode().lower(), True),
        (b"x: \xc9", True),
    ],
)
def test_a_block_in_lower_case(raw: bytes, folded: bool) -> None:
    assert Headers(raw).folded is folded


@pytest.mark.parametrize("value", ["/à", "/Ʌ", "à b"])
def test_values_keep_the_bytes_of_utf_8(value: str) -> None:
    headers = Headers(f"A: \t {value} \r\nB: 2".encode())
    assert headers["a"].encode("latin-1").decode() == value


def test_repeated_fields_are_joined() -> None:
    assert Headers(b"A: 1\r\nno header\r\na : 2")["A"] == "1, 2"
