"""How long a test waits in real time before it says that something hangs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds: far more than a busy machine needs. Nothing that goes well waits for their end.
PATIENCE = 100.0


def wait_until(met: Callable[[], bool], what: str = "") -> None:
    """Look again and again, for what tells nobody; AssertionError when it never comes."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, what
        time.sleep(0.01)
