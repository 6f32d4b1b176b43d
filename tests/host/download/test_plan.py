"""Chunk arithmetic, with the vendor's own numbers (docs/spec/flows.md §3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.host.download.pace import count_parts, next_part

SEED_FILE = 11_975_260


@pytest.mark.parametrize(
    ("chunk", "count", "last_first", "last_length"),
    [
        (307_200, 39, 11_673_600, 301_660),
        (319_488, 38, 11_821_056, 154_204),
        (130_048, 93, 11_964_416, 10_844),
        (3_072, 3_899, 11_974_656, 604),
    ],
)
def test_vendor_table(chunk: int, count: int, last_first: int, last_length: int) -> None:
    assert count_parts(SEED_FILE, chunk) == count
    part = next_part(last_first, SEED_FILE, chunk)
    assert (part.index, part.count, part.first) == (count, count, last_first)
    assert part.last - part.first + 1 == last_length
    assert part.last == SEED_FILE - 1


@given(st.integers(1, 3000), st.integers(2, 500), st.data())
def test_parts_cover_the_rest_once(total: int, chunk: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, total - 1))
    while done < total:
        part = next_part(done, total, chunk)
        assert part.first == done
        length = part.last - part.first + 1
        assert 1 <= length <= chunk
        # One byte alone is asked for only at the end, and never at the begin.
        assert length > 1 or part.last == total - 1
        assert 1 <= part.index <= part.count
        done = part.last + 1
    assert done == total
