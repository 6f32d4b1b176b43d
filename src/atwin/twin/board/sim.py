"""The SIM card: a part one can pull out (docs/spec/network.md §1, §2)."""

from __future__ import annotations

from dataclasses import dataclass

#: Wrong PINs in a row after which the card wants its PUK.
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
