"""The SIM card, a part one can pull out, and the numbers of both (docs/spec/network.md §1, §2)."""

from __future__ import annotations

from dataclasses import dataclass

_TAC = "86461005"  # the type allocation code the documents' examples begin with
#: Wrong PINs in a row after which the card needs its PUK.
PIN_TRIES = 3


@dataclass(slots=True)
class Sim:
    """What the card itself keeps: it survives whatever happens to the module."""

    present: bool = True
    #: 4 to 8 digits asked for at every start, or None when the card asks for none.
    pin: str | None = None
    puk: str = "12345678"
    tries_left: int = PIN_TRIES

    @property
    def blocked(self) -> bool:
        """Whether only the PUK helps."""
        return self.tries_left == 0

    def verify(self, pin: str) -> bool:
        """Try a PIN; a wrong one costs a try."""
        if self.blocked:
            return False
        right = pin == self.pin
        self.tries_left = PIN_TRIES if right else self.tries_left - 1
        return right

    def unblock(self, puk: str, pin: str) -> bool:
        """Set a new PIN by the PUK."""
        if puk != self.puk:
            return False
        self.pin, self.tries_left = pin, PIN_TRIES
        return True


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
