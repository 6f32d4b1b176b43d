"""A find made smaller: fewer bytes that fail in the same way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds of processor time for all of it.
_PATIENCE = 10.0


def shrunk(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """What is left of `data` without every piece that may be missing, large pieces first."""
    until = time.process_time() + _PATIENCE
    size = len(data) // 2
    while size:
        place = 0
        while place < len(data) and time.process_time() < until:
            shorter = data[:place] + data[place + size :]
            if fails(shorter):
                data = shorter
            else:
                place += size
        size //= 2
    return data
