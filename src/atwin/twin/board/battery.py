"""The voltages below which a module does not run: AT+CBC sets them (docs/spec/general.md §2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.twin.board.nvram import Nvram

_RECORD = "battery"
#: mV.
HIGHEST = 5000


@dataclass(slots=True)
class Thresholds:
    """mV; 0 means no threshold."""

    #: Below this a module does not start.
    on: int = 0
    #: Below this it switches itself off.
    off: int = 0

    @classmethod
    def boot(cls, nvram: Nvram) -> Thresholds:
        """As NVRAM has them."""
        voltages = range(HIGHEST + 1)
        return nvram.restore(_RECORD, cls(), {"on": voltages, "off": voltages})

    def store(self, nvram: Nvram) -> None:
        """Keep them."""
        nvram.store(_RECORD, asdict(self))
