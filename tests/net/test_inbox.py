"""Received bytes on their way to the reader."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.net.inbox import Inbox
from atwin.net.network import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterable


def reads(inbox: Inbox, limits: Iterable[int]) -> list[bytes]:
    async def main() -> list[bytes]:
        return [await inbox.read(limit) for limit in limits]

    return asyncio.run(main())


def filled(*chunks: bytes) -> Inbox:
    inbox = Inbox(lambda: None)
    for chunk in chunks:
        inbox.put(chunk)
    return inbox


@given(st.lists(st.binary(min_size=1), min_size=1), st.integers(1, 50))
def test_nothing_is_lost_and_every_read_is_as_long_as_it_can_be(
    chunks: list[bytes], limit: int
) -> None:
    whole = b"".join(chunks)
    inbox = filled(*chunks)
    inbox.end()
    expected = [whole[i : i + limit] for i in range(0, len(whole), limit)]
    assert reads(inbox, [limit] * (len(expected) + 1)) == [*expected, b""]
    assert inbox.size == 0


def test_a_chunk_wanted_whole_is_not_copied() -> None:
    chunk = bytes(100_000)
    (data,) = reads(filled(chunk), [100_000])
    assert data is chunk


def test_the_owner_hears_of_every_read() -> None:
    sizes: list[int] = []
    inbox = Inbox(lambda: sizes.append(inbox.size))
    inbox.put(b"abcdef")
    assert reads(inbox, [4, 4]) == [b"abcd", b"ef"]
    assert sizes == [2, 0]


def test_the_first_end_counts_and_comes_last() -> None:
    inbox = filled(b"data")
    inbox.end(StreamError("reset"))
    inbox.end()
    inbox.put(b"late")
    assert reads(inbox, [9]) == [b"data"]
    for _ in range(2):
        with pytest.raises(StreamError, match="reset"):
            reads(inbox, [9])


def test_abandoned_bytes_are_gone() -> None:
    inbox = filled(b"data")
    inbox.abandon(StreamError("closed"))
    with pytest.raises(StreamError, match="closed"):
        reads(inbox, [9])
    assert inbox.size == 0
