"""Sentences of NMEA 0183: where the module is, and when (docs/spec/stubs.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

#: The sentences that AT+CGNSSEQ chooses from, as its test form lists them.
SENTENCES = ("GGA", "GSA", "RMC", "GSV")

#: Height in metres, course in degrees, dilutions of precision, satellites in view and used,
#: signal: what is not modelled.
HEIGHT, COURSE, HDOP, PDOP, VDOP = 78.5, 130.07, 1.79, 0.89, 4.00
IN_VIEW, USED, SIGNAL = 12, 11, 34


@dataclass(frozen=True, slots=True)
class Fix:
    """One moment of the receiver; no position while it has none."""

    utc: float
    position: tuple[float, float] | None

    @property
    def time(self) -> datetime:
        """The date and time."""
        return datetime.fromtimestamp(self.utc, UTC)

    def sentence(self, kind: str) -> str:
        """The sentence of that kind, with its checksum."""
        clock = f"{self.time:%H%M%S}.00"
        where = _degrees(self.position)
        match kind:
            case "GGA":
                body = f"GNGGA,{clock},{where}," + (
                    f"1,{USED:02d},{HDOP},{HEIGHT},M,,M,," if self.position else "0,00,,,M,,M,,"
                )
            case "RMC":
                rest = f"0.00,{COURSE}" if self.position else ","
                status = "A" if self.position else "V"
                mode = "A" if self.position else "N"
                body = f"GNRMC,{clock},{status},{where},{rest},{self.time:%d%m%y},,,{mode}"
            case "GSA":
                body = f"GNGSA,A,{3 if self.position else 1}" + "," * 12
                body += f",{PDOP},{HDOP},{VDOP:.2f}" if self.position else ",,,"
            case _:
                body = f"GPGSV,1,1,{IN_VIEW if self.position else 0:02d}"
        checksum = reduce(int.__xor__, body.encode("ascii"))
        return f"${body}*{checksum:02X}"


def _degrees(position: tuple[float, float] | None) -> str:
    """`3149.2473,N,11707.0434,E`: degrees and minutes; commas alone without a position."""
    if position is None:
        return ",,,"
    fields = []
    for value, digits, signs in zip(position, (2, 3), ("NS", "EW"), strict=True):
        degrees, minutes = divmod(round(abs(value) * 60, 4), 60)
        fields += [f"{int(degrees):0{digits}d}{minutes:07.4f}", signs[value < 0]]
    return ",".join(fields)
