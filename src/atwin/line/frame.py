"""Rates, frames and flow control: what either end of the line is set to
(docs/spec/uart.md §5-§7)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag

#: bit/s a module can be set to (docs/spec/uart.md §5).
RATES = (600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
#: The fastest rate auto-baud finds.
FASTEST_AUTO = 230400
#: The rate a port is opened with when nobody says another, in bit/s.
USUAL_RATE = 115200
#: The rate of the mask ROM, whatever the firmware is set to (docs/spec/uart.md §8).
ROM_RATE = 115200

#: How far apart two rates may be for bytes still to be understood.
_TOLERANCE = 0.03

XON, XOFF = b"\x11", b"\x13"


class Flow(IntEnum):
    """What stops the sender of one direction, numbered as in AT+IFC."""

    NONE = 0
    SOFTWARE = 1
    HARDWARE = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """How one byte is sent. `parity` is N (none), O (odd), E (even), M (mark) or S (space)."""

    data_bits: int = 8
    parity: str = "N"
    stop_bits: float = 1

    @property
    def bits(self) -> float:
        """Bits on the wire for each byte, start bit included."""
        return 1 + self.data_bits + (self.parity != "N") + self.stop_bits

    def __str__(self) -> str:
        return f"{self.data_bits}{self.parity}{self.stop_bits:g}"

    def understands(self, other: Frame) -> bool:
        """Whether a receiver set so takes what `other` sends; it looks at one stop bit only."""
        return (self.data_bits, self.parity) == (other.data_bits, other.parity)

    @classmethod
    def of_icf(cls, number: int, parity: int) -> Frame:
        """AT+ICF's format 1-6 and parity, which is 0 odd or 1 even (docs/spec/uart.md §6)."""
        data_bits, has_parity, stop_bits = _ICF[number]
        return cls(data_bits, "OE"[parity] if has_parity else "N", stop_bits)


#: Data bits, whether there is a parity bit, stop bits, by format of AT+ICF.
_ICF = {
    1: (8, False, 2),
    2: (8, True, 1),
    3: (8, False, 1),
    4: (7, False, 2),
    5: (7, True, 1),
    6: (7, False, 1),
}


@dataclass(frozen=True, slots=True)
class UartSettings:
    """What AT+IPR, AT+ICF and AT+IFC set: bit/s (0 is auto-baud), frame, flow control.

    `to_host` is what stops the module, `to_module` what the module stops the host with.
    """

    rate: int = 0
    frame: Frame = field(default_factory=Frame)
    to_host: Flow = Flow.NONE
    to_module: Flow = Flow.NONE

    def with_flow_of(self, other: UartSettings) -> UartSettings:
        """At the same rate and frame, with the flow control of `other`."""
        return replace(self, to_host=other.to_host, to_module=other.to_module)


@dataclass(frozen=True, slots=True)
class HostSettings:
    """The host's side of the line.

    `rate` in bit/s and `frame`, None where the port cannot tell. `rts` and `dtr` are its outputs:
    True is asserted, and None, nobody has said, is as good. `obeys_cts`: it waits while the
    module's CTS is off. `obeys_xoff`: its port waits after an XOFF by itself, without its program
    seeing one.
    """

    rate: int | None = None
    frame: Frame | None = None
    rts: bool | None = None
    dtr: bool | None = None
    obeys_cts: bool = True
    obeys_xoff: bool = False


class ReceiveError(IntFlag):
    """What the host's receiver notices; the bits of a 16550's line status, and of RFC 2217."""

    OVERRUN = 2
    FRAMING = 8


def same_rate(a: int, b: int) -> bool:
    """Whether a receiver at `a` bit/s understands a sender at `b`."""
    return abs(a - b) <= _TOLERANCE * max(a, b)
