"""Pins on GPIO lines of this computer, by the Linux character device (`gpiod`, version 2)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from atwin.line.pins.base import HostPins, PinError

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from atwin.line.pins.base import Pin


class GpioPins(HostPins):
    """`offsets` are line numbers on `chip`, such as `/dev/gpiochip0`; all are released at first.

    Wire them so that a high line lets go of the pin (open drain, or a transistor and the line
    inverted: RESET_N must never be pulled up externally, docs/spec/power.md §1).
    """

    def __init__(self, chip: str, offsets: Mapping[Pin, int], inverted: Set[Pin]) -> None:
        """Raises `PinError` when gpiod or the lines are not available."""
        try:
            gpiod: Any = importlib.import_module("gpiod")
            line: Any = importlib.import_module("gpiod.line")
        except ImportError as error:
            raise PinError("gpiod is not installed: install atwin[gpio], on Linux") from error
        self._values = (line.Value.INACTIVE, line.Value.ACTIVE)
        self._offsets = dict(offsets)
        try:
            self._request = gpiod.request_lines(
                chip,
                consumer="atwin",
                config={
                    offset: gpiod.ClientSettings(
                        direction=line.Direction.OUTPUT,
                        active_low=pin in inverted,
                        output_value=line.Value.ACTIVE,
                    )
                    for pin, offset in offsets.items()
                },
            )
        except (OSError, ValueError) as error:
            raise PinError(f"gpiod: {chip}: {error}; check chip and line numbers") from error

    @property
    def driven(self) -> Set[Pin]:
        return self._offsets.keys()

    async def drive(self, pin: Pin, high: bool) -> None:
        try:
            self._request.set_value(self._offsets[pin], self._values[high])
        except (OSError, ValueError) as error:
            raise PinError(f"gpiod: line {self._offsets[pin]}: {error}") from error

    async def close(self) -> None:
        self._request.release()
