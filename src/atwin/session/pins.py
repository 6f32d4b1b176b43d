"""`--pins`: how the host reaches RESET, PWRKEY and the supply of its module."""

from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager

import typer

from atwin.line.pins import PINS, HostPins, Pin, PinError, open_pins
from atwin.line.port import Port
from atwin.twin import Twin


class TwinPins(HostPins):
    """The pins of a twin in this process; see `HostPins`."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    @property
    def driven(self) -> Set[Pin]:
        return set(PINS)

    async def drive(self, pin: Pin, high: bool) -> None:
        setattr(self._twin.pins, pin, high)


@asynccontextmanager
async def pins_for(
    spec: str | None, port: Port, own: HostPins | None
) -> AsyncIterator[HostPins | None]:
    """The means `spec` names, or else `own`; raises `typer.BadParameter` for any that fail."""
    if spec is None:
        yield own
        return
    try:
        pins = open_pins(spec, port)
    except PinError as error:
        raise typer.BadParameter(str(error)) from None
    try:
        try:
            await pins.prepare()
        except PinError as error:
            raise typer.BadParameter(str(error)) from None
        yield pins
    finally:
        await pins.close()
