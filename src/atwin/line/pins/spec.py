"""From what a person writes after `--pins` to the means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.line.pins.base import PINS, PinSpecError
from atwin.text.parse import decimal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.line.pins.base import HostPins, Pin
    from atwin.line.port import Port

_FORMS = (
    "control:SOCKET, port:rts=reset,dtr=power_key, gpiod:CHIP:reset=N,power_key=N"
    " or command:PROGRAM {pin} {level}"
)


def open_pins(spec: str, port: Port) -> HostPins:
    """`control:SOCKET`, `port:…`, `gpiod:…` or `command:…`; see each class.

    `:inverted` after a pin's name turns its level around. Raises `PinSpecError` for a spec
    that means nothing, `PinError` for means that are not available.
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
    form = "port:rts=reset,dtr=power_key[:inverted]"
    wires: dict[str, tuple[Pin, bool]] = {}
    for output, target, inverted in _parts(spec, text, form):
        if output not in ("rts", "dtr") or target not in PINS:
            raise PinSpecError(f"pins {spec!r}: must be {form}")
        wires[output] = (target, inverted)
    if not len({pin for pin, _ in wires.values()}) == len(wires) == len(text.split(",")):
        raise PinSpecError(f"pins {spec!r}: each output and each pin has one wire")
    return wires


def _lines(spec: str, text: str) -> tuple[dict[Pin, int], set[Pin]]:
    form = "gpiod:/dev/gpiochip0:reset=17,power_key=27[:inverted]"
    offsets: dict[Pin, int] = {}
    inverted: set[Pin] = set()
    for pin, number, is_inverted in _parts(spec, text, form):
        if pin not in PINS or (offset := decimal(number)) is None:
            raise PinSpecError(f"pins {spec!r}: must be {form}")
        offsets[pin] = offset
        if is_inverted:
            inverted.add(pin)
    if not len(set(offsets.values())) == len(offsets) == len(text.split(",")):
        raise PinSpecError(f"pins {spec!r}: each line and each pin has one wire")
    return offsets, inverted


def _parts(spec: str, text: str, form: str) -> Iterator[tuple[str, str, bool]]:
    """Both sides of each `=`, and whether `:inverted` follows."""
    for part in text.split(","):
        name, _, target = part.partition("=")
        target, _, how = target.partition(":")
        if how not in ("", "inverted"):
            raise PinSpecError(f"pins {spec!r}: must be {form}")
        yield name, target, bool(how)
