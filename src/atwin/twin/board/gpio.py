"""The free pins of a module: what it puts on them, and what others do (docs/spec/general.md §2)."""

from __future__ import annotations

#: Their numbers.
PINS = range(32)
#: What an input does while nothing drives its pin.
PULL_DOWN, PULL_UP, FLOAT = range(3)


class Gpio:
    """Levels of the pins that somebody has touched, and of all of them together."""

    __slots__ = ("_driven", "_outputs", "_pulls", "voltage")

    def __init__(self) -> None:
        self._driven: dict[int, int] = {}
        self._outputs: dict[int, int] = {}
        self._pulls: dict[int, int] = {}
        #: AT+IOSET: the voltage of all of them.
        self.voltage = 0

    def reset(self) -> None:
        """The firmware has ended: only what is outside still drives pins."""
        self._outputs.clear()
        self._pulls.clear()
        self.voltage = 0

    def drive(self, pin: int, level: int | None) -> None:
        """Something outside puts a level on a pin; None lets go of it."""
        if level is None:
            self._driven.pop(pin, None)
        else:
            self._driven[pin] = level

    def output(self, pin: int, level: int) -> None:
        """The module drives the pin."""
        self._outputs[pin] = level

    def read(self, pin: int, pull: int) -> int:
        """The pin is an input from now on; its level."""
        self._outputs.pop(pin, None)
        self._pulls[pin] = pull
        return self.level(pin)

    def level(self, pin: int) -> int:
        """What the module drives wins; a pin that nobody drives is what its pull makes it."""
        pulled = int(self._pulls.get(pin) == PULL_UP)
        return self._outputs.get(pin, self._driven.get(pin, pulled))

    @property
    def levels(self) -> dict[int, int]:
        """Of the pins that the module uses, or something outside drives."""
        used = self._driven.keys() | self._outputs.keys() | self._pulls.keys()
        return {pin: self.level(pin) for pin in sorted(used)}
