"""Numbers from outside: ASCII digits, and as many as a size has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.text.parse import decimal, hexadecimal

NONE = (b"", b"-5", b"+5", b" 5", b"5 ", b"5\n", b"5_0", b"0x5", b"\xb2", b"5" * 20, b"5" * 5000)


@pytest.mark.parametrize("text", [*NONE, b"a", "٥".encode()])
def test_no_decimal_number(text: bytes) -> None:
    assert decimal(text) is None
    assert decimal(text.decode("latin-1")) is None


@pytest.mark.parametrize("text", [*NONE, b"g"])
def test_no_hexadecimal_number(text: bytes) -> None:
    assert hexadecimal(text) is None


@given(st.integers(0, 10**19 - 1))
def test_decimal(number: int) -> None:
    assert decimal(str(number)) == number
    assert decimal(b"%d" % number) == decimal((b"%d" % number).rjust(19, b"0")) == number


@given(st.integers(0, 2**64 - 1))
def test_hexadecimal(number: int) -> None:
    assert hexadecimal(b"%x" % number) == hexadecimal(b"%016X" % number) == number
