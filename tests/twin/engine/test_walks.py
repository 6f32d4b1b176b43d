"""What one must open to follow a byte through the module (the files: `python -m bench.walks`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from bench.walks import files_of, http_read, received_byte

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench.walks import Host, OneServer


@pytest.mark.parametrize(
    ("walk", "first", "most"), [(received_byte, "twin", 12), (http_read, "line", 15)]
)
def test_a_walk_is_short(
    walk: Callable[[OneServer, Host], Awaitable[list[str]]], first: str, most: int
) -> None:
    files = asyncio.run(files_of(walk))
    assert files[0].startswith(first)
    assert len(files) <= most, files
