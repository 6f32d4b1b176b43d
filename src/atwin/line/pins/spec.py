"""From what a person writes after `--pins` to the means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.line.pins.base import PINS, PinSpecError
from atwin.text.numbers import decimal

if TYPE_CHECKING:
    from atwin.line.pins.base import HostPins, Pin
    from atwin.line.port import Port

_FORMS = (
    "control:SOCKET, port:rts=reset,dtr=power_key, gpiod:CHIP:reset=N,power_key=N"
    " or command:PROGRAM {pin} {level}"
)


def open_pins(spec: str, port: Port) -> HostPins:
    """`control:SOCKET`, `port:…`, `gpiod:…` or `command:…`; see each class.

    `:inverted` after a pin's name turns its level around. Raises `PinSpecError` for a spec
    that means nothing, `PinError` for means that are not to be had.
    """
    means, _, rest = spec.partition(":")
    match means:
        case "control" if rest:
            from atwin.line.pins.control import ControlPins

            return ControlPins(rest)
        case "port" if rest:
            from atwin.line.pins.outputs import OutputPins

            return OutputPins(port, _wires(spec, rest))
        case "gpiod" if rest:
            from atwin.line.pins.gpio import GpioPins

            chip, _, lines = rest.partition(":")
            offsets, inverted = _lines(spec, lines)
            return GpioPins(chip, offsets, inverted)
        case "command" if rest:
            from atwin.line.pins.program import ProgramPins

            return ProgramPins(rest)
        case _:
            raise PinSpecError(f"pins {spec!r}: must be {_FORMS}")


def _wires(spec: str, text: str) -> dict[str, tuple[Pin, bool]]:
    wires: dict[str, tuple[Pin, bool]] = {}
    for part in text.split(","):
        output, _, target = part.partition("=")
        pin, _, how = target.partition(":")
        if output not in ("rts", "dtr") or pin not in PINS or how not in ("", "inverted"):
            raise PinSpecError(f"pins {spec!r}: must be port:rts=reset,dtr=power_key[:inverted]")
        wires[output] = (pin, bool(how))
    if not len({pin for pin, _ in wires.values()}) == len(wires) == len(text.split(",")):
        raise PinSpecError(f"pins {spec!r}: each output and each pin has one wire")
    return wires


def _lines(spec: str, text: str) -> tuple[dict[Pin, int], set[Pin]]:
    offsets: dict[Pin, int] = {}
    inverted: set[Pin] = set()
    for part in text.split(","):
        pin, _, target = part.partition("=")
        number, _, how = target.partition(":")
        if pin not in PINS or (offset := decimal(number)) is None or how not in ("", "inverted"):
            raise PinSpecError(
                f"pins {spec!r}: must be gpiod:/dev/gpiochip0:reset=17,power_key=27[:inverted]"
            )
        offsets[pin] = offset
        if how:
            inverted.add(pin)
    if not len(set(offsets.values())) == len(offsets) == len(text.split(",")):
        raise PinSpecError(f"pins {spec!r}: each line and each pin has one wire")
    return offsets, inverted
