"""Which URCs have pulses on RI, and of what shape (docs/spec/general.md §1.3)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import parse_urc

if TYPE_CHECKING:
    from atwin.twin.board.hardware import Hardware

_RECORD = "cfgri"
_ALLOWED = {
    "kept": range(2),
    "data": range(2),
    "high": range(1, 65_536),
    "low": range(1, 65_536),
    "count": range(1, 256),
}

#: Bytes of printable ASCII in hex.
NEEDLE = re.compile(r"(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e])+")

#: News of data, besides what is no URC at all: the data themselves.
_DATA = re.compile(
    r"\+(?:HTTP|CIPRXGET|CNTP|FTP|MSUB|MQTT)|RECV FROM|(?:\d, ?)?(?:CONNECT|CLOSED)", re.IGNORECASE
)


@dataclass(slots=True)
class RingSettings:
    """What AT+CFGRI and AT+CFGRISAVE set; times in milliseconds."""

    kept: int = 0
    data: int = 0
    high: int = 120
    low: int = 120
    count: int = 1


class Ring:
    """The pulses of one run."""

    def __init__(self, hardware: Hardware) -> None:
        self.settings = hardware.nvram.restore(_RECORD, RingSettings(), _ALLOWED)
        #: In hex: a URC without these bytes has no pulse.
        self.needle = ""
        #: Seconds from the begin of the pulses to the URC.
        self.delay = 0.0
        self._hardware = hardware

    def shape(self, data: int, high: int, low: int, count: int) -> None:
        """AT+CFGRI."""
        self.settings = RingSettings(self.settings.kept, data, high, low, count)
        self._save()

    def keep(self, kept: int) -> None:
        """AT+CFGRISAVE."""
        self.settings.kept = kept
        self._save()

    def _save(self) -> None:
        settings = self.settings if self.settings.kept else RingSettings()
        self._hardware.nvram.store(_RECORD, asdict(settings))

    def announce(self, output: bytes) -> float:
        """Begin the pulses for `output`, if it has some; seconds until it may be said."""
        if bytes.fromhex(self.needle) not in output or not self._tells_of(output):
            return 0.0
        return self.delay if self.pulse() else 0.0

    def pulse(self) -> bool:
        """Pulses, unless some are under way."""
        shape = self.settings
        times = shape.low / 1000, shape.high / 1000
        return self._hardware.modem_lines.ring(self._hardware.clock, *times, shape.count)

    def _tells_of(self, output: bytes) -> bool:
        line = output.lstrip(b"\r\n").partition(b"\r")[0].decode("latin-1")
        urc = parse_urc(line)
        if urc is not None and urc.RINGS:
            return True
        return bool(self.settings.data and (urc is None or _DATA.match(line)))
