"""Rates, frames and flow control of the serial line (spec: uart.md §5-§7)."""

from __future__ import annotations

from enum import IntEnum

#: bit/s a module can be set to (spec: uart.md §5).
RATES = (600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
#: The fastest rate auto-baud finds.
FASTEST_AUTO = 230400
#: The rate a port is opened with when nobody says another, in bit/s.
USUAL_RATE = 115200
#: The rate of the mask ROM, whatever the firmware is set to (spec: uart.md §8).
ROM_RATE = 115200

#: Bits on the wire for each byte, start bit included, by format of AT+ICF (spec: uart.md §6).
BITS = {1: 11, 2: 11, 3: 10, 4: 10, 5: 10, 6: 9}

#: How far apart two rates may be for bytes still to be understood.
_TOLERANCE = 0.03

XON, XOFF = b"\x11", b"\x13"


class Flow(IntEnum):
    """What stops the sender of one direction, numbered as in AT+IFC."""

    NONE = 0
    SOFTWARE = 1
    HARDWARE = 2


def same_rate(a: int, b: int) -> bool:
    """Whether a receiver at `a` bit/s understands a sender at `b`."""
    return abs(a - b) <= _TOLERANCE * max(a, b)
