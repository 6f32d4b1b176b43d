"""RESET, PWRKEY and supply from the host's side: by a twin's control socket, RTS/DTR, GPIO, or a
program.
"""

from atwin.line.pins.base import PINS, HostPins, Pin, PinError, PinSpecError
from atwin.line.pins.spec import open_pins

__all__ = ["PINS", "HostPins", "Pin", "PinError", "PinSpecError", "open_pins"]
