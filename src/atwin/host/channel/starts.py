"""Which RDY says that the module has started (docs/spec/uart.md §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import Ready

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc
    from atwin.clock import Clock

_BANNER = "^boot.rom"

#: Seconds in which a second RDY may follow the first.
_AGAIN = 2.0


class Starts:
    """Some models say RDY twice, but the banner of their mask ROM only once before it (D-173)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._banner = False  # since the last RDY
        self._again_until = 0.0

    def has_begun(self, text: str, urc: Urc | None) -> bool:
        """Whether this line says that the module has restarted."""
        if text.startswith(_BANNER):
            self._banner = True
        if not isinstance(urc, Ready):
            return False
        now = self._clock.now()
        if not self._banner and now < self._again_until:
            self._again_until = 0.0
            return False
        self._again_until = now + _AGAIN if self._banner else 0.0
        self._banner = False
        return True
