"""The numbers that make this module this one: IMEI, IMSI, ICCID."""

from __future__ import annotations

from dataclasses import dataclass

_TAC = "86461005"  # the type allocation code the documents' examples begin with


@dataclass(frozen=True, slots=True)
class Identity:
    """Digits only; the last of IMEI and ICCID is a Luhn check digit."""

    imei: str
    imsi: str
    iccid: str

    @classmethod
    def from_seed(cls, seed: int) -> Identity:
        """The same seed gives the same module, another seed another one."""
        serial = seed % 1_000_000
        return cls(
            imei=_with_check_digit(f"{_TAC}{serial:06d}"),
            imsi=f"46004{seed % 10_000_000_000:010d}",
            iccid=_with_check_digit(f"898604{seed % 1_000_000_000_000:013d}"),
        )


def _with_check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)
