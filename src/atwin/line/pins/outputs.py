"""Pins on the RTS and DTR of the port itself, as on many adapter boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.line.pins.base import HostPins, PinError
from atwin.line.port import PortError, SettablePort

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from atwin.line.pins.base import Pin
    from atwin.line.port import Port


class OutputPins(HostPins):
    """`wires` says which output (`rts`, `dtr`) is on which pin, and whether it is inverted.

    An output that is asserted pulls its pin low; an inverted one does when it is not asserted.
    """

    def __init__(self, port: Port, wires: Mapping[str, tuple[Pin, bool]]) -> None:
        """Raises `PinError` for a port without such outputs."""
        if not isinstance(port, SettablePort):
            raise PinError(f"{port.name} has no RTS and DTR to drive pins with")
        self._port = port
        self._wires = {pin: (output, inverted) for output, (pin, inverted) in wires.items()}

    @property
    def driven(self) -> Set[Pin]:
        return self._wires.keys()

    @property
    def takes_rts(self) -> bool:
        return "rts" in {output for output, _ in self._wires.values()}

    @property
    def takes_dtr(self) -> bool:
        return "dtr" in {output for output, _ in self._wires.values()}

    async def drive(self, pin: Pin, high: bool) -> None:
        output, inverted = self._wires[pin]
        try:
            await self._port.set_output(output, high == inverted)
        except PortError as error:
            raise PinError(str(error)) from error

    async def let_go(self) -> None:
        """Whoever opens a port asserts both, for some milliseconds then."""
        for pin in self._wires:
            await self.drive(pin, True)
