"""A trouble at work, and how many connections it still takes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.troubles import Trouble


@dataclass(slots=True, eq=False)
class Case:
    """A trouble for `left` more connections, None without limit; `hit` is called for each."""

    trouble: Trouble
    left: int | None
    hit: Callable[[], None]
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def open(self) -> bool:
        """Whether it takes another connection."""
        return not self.ended.is_set() and self.left != 0

    def take(self) -> None:
        """It has met a connection."""
        if self.left is not None:
            self.left -= 1
        self.hit()
