"""What the host types behind a prompt: so many bytes, or up to Ctrl-Z (spec: http.md §3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.twin.engine.lines import CTRL_Z, ESC, first_of

if TYPE_CHECKING:
    from atwin.at.reply import Collect
    from atwin.clock.base import Timer


class DataPhase:
    """The data of one `Collect` as they come; holds at most one byte more than its size."""

    def __init__(self, collect: Collect) -> None:
        self.collect = collect
        self.data = bytearray()
        #: Whether ESC ended it.
        self.given_up = False
        self.timer: Timer | None = None

    def stop_timer(self) -> None:
        """It is over, one way or another."""
        if self.timer is not None:
            self.timer.cancel()

    def feed(self, rx: bytearray) -> bool:
        """Remove from `rx` what belongs to it; whether it is complete."""
        if self.collect.typed:
            return self._feed_typed(rx)
        rest = self.collect.size - len(self.data)
        self.data += rx[:rest]
        del rx[:rest]
        return len(self.data) == self.collect.size

    def _feed_typed(self, rx: bytearray) -> bool:
        end = first_of(rx, CTRL_Z, ESC)
        typed = rx if end < 0 else rx[:end]
        self.data += typed[: self.collect.size + 1 - len(self.data)]
        if end < 0:
            rx.clear()
            return False
        self.given_up = rx[end] == ESC
        del rx[: end + 1]
        return True
