"""`--pins`: how the host reaches RESET, PWRKEY and the supply of its module."""

from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from atwin.line.pins import PINS, Pin, Pins, open_pins
from atwin.line.port import Port
from atwin.twin import Twin

PinsOption = Annotated[
    str | None,
    typer.Option(
        "--pins",
        envvar="ATWIN_PINS",
        metavar="MEANS",
        help="How to reset a module that hangs: control:SOCKET of a twin, "
        "port:rts=reset,dtr=power_key[:inverted], gpiod:CHIP:reset=N,power_key=N,supply=N, or "
        "'command:PROGRAM {pin} {level}'. A twin:// port needs none.",
    ),
]

GiveUp = Annotated[
    float,
    typer.Option(
        "--give-up",
        min=0,
        metavar="SECONDS",
        help="Without progress for so long, end with what was wrong.",
    ),
]
#: Seconds; the default of `Retry.give_up`.
GIVE_UP = 900.0


class TwinPins:
    """The pins of a twin in this process; see `Pins`."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    @property
    def driven(self) -> Set[Pin]:
        """See `Pins.driven`."""
        return set(PINS)

    async def drive(self, pin: Pin, high: bool) -> None:
        """See `Pins.drive`."""
        setattr(self._twin.pins, pin, high)

    async def close(self) -> None:
        """See `Pins.close`."""


@asynccontextmanager
async def pins_for(spec: str | None, port: Port, own: Pins | None) -> AsyncIterator[Pins | None]:
    """The means `spec` names, or else `own`. Raises `PinError`."""
    if spec is None:
        yield own
        return
    pins = open_pins(spec, port)
    try:
        yield pins
    finally:
        await pins.close()
