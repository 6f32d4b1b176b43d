"""Opens a port: a line to a real module, or to a twin made for it in this process."""

from collections.abc import AsyncIterator, Callable, Sequence, Set
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, replace
from typing import Unpack

from atwin.host.errors import OptionError
from atwin.host.line import LineWishes
from atwin.host.modem import Modem, SimWishes
from atwin.host.tls import TlsSettings
from atwin.line.opener import open_port
from atwin.line.pins import PINS, HostPins, Pin, PinError, open_pins
from atwin.line.port import Port
from atwin.session.tracing import traced_line
from atwin.session.twins import made_twin
from atwin.session.url import NO_NAMES, PortUrl, parse_port_url
from atwin.twin.twin import Twin


@dataclass(frozen=True, slots=True)
class OpenLine:
    """The host's end of a line; the module's pins where they come with it, and a twin of ours."""

    port: Port
    pins: HostPins | None = None
    twin: Twin | None = None


class TwinPins(HostPins):
    """The pins of a twin in this process."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    @property
    def driven(self) -> Set[Pin]:
        return set(PINS)

    async def drive(self, pin: Pin, high: bool) -> None:
        setattr(self._twin.pins, pin, high)


@asynccontextmanager
async def modem_on(
    url: str,
    *,
    note: Callable[[str], None],
    tls: TlsSettings | None = None,
    pins: str | None = None,
    telling: Callable[[Twin | None], AbstractContextManager[object]] = nullcontext,
    beside: Callable[[OpenLine], AbstractAsyncContextManager[object]] = nullcontext,
    resolve: Sequence[str] = (),
    offline: bool = False,
    **sim: Unpack[SimWishes],
) -> AsyncIterator[tuple[Modem, Twin | None]]:
    """The module at port `url` as it is, and its twin if it is one of ours.

    `pins` is as for `pins_for`, `sim` as for `Modem`. `note` hears what the host has to say of the
    line; `telling` and `beside` are entered before the first byte. `resolve` and `offline` are as
    in the URL of a twin, and for a twin of ours alone.

    Raises as `parse_port_url`, `open_line`, `pins_for` and `Modem` do.
    """
    asked = parse_port_url(url)
    if resolve or offline:
        if asked.twin is None:
            raise OptionError(f"{'--resolve' if resolve else '--offline'}: {NO_NAMES}")
        asked = replace(asked, twin=asked.twin.naming(resolve, offline))
    async with open_line(asked) as line, pins_for(pins, line.port, line.pins) as means:
        with telling(line.twin):
            async with (
                beside(line),
                Modem(
                    line.port,
                    tls=tls,
                    line=LineWishes(asked.speed, asked.flow),
                    pins=means,
                    # A twin of ours ends with this program: nobody finds anything there.
                    leave_as_found=line.twin is None,
                    **sim,
                ) as modem,
            ):
                modem.line.note = note
                yield modem, line.twin


@asynccontextmanager
async def open_line(asked: PortUrl) -> AsyncIterator[OpenLine]:
    """The host's end of the line that is asked for, closed at the end; a twin ends with it.

    Raises `PortError` and `StateError`.
    """
    if asked.twin is None:
        port = traced_line(await open_port(asked.url, baud=asked.rate))
        try:
            yield OpenLine(port)
        finally:
            await port.close()
        return
    async with made_twin(asked.twin) as twin:
        yield OpenLine(twin.port, TwinPins(twin), twin)


@asynccontextmanager
async def pins_for(
    spec: str | None, port: Port, own: HostPins | None
) -> AsyncIterator[HostPins | None]:
    """The means `spec` (as `--pins`) names, or else `own`; raises `OptionError` if they fail."""
    if spec is None:
        yield own
        return
    async with AsyncExitStack() as stack:
        try:
            pins = open_pins(spec, port)
            stack.push_async_callback(pins.close)
            await pins.prepare()
        except PinError as error:
            raise OptionError(str(error)) from None
        yield pins
