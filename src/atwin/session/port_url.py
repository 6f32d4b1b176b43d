"""Rate, flow control and the modelled receiver, as people write them in options and URLs."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import typer

from atwin.line.frame import RATES, USUAL_RATE, Flow
from atwin.line.uart.host_receiver import HostFifo
from atwin.text import decimal, shown
from atwin.twin.wiring import Wire, Wiring

_FLOWS = {"none": Flow.NONE, "software": Flow.SOFTWARE, "hardware": Flow.HARDWARE, "auto": None}

#: Bytes of a host's FIFO when only its drain is given: the vendor's example has that many.
_USUAL_FIFO = 4096

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

#: How the URL of a twin in this process begins.
SCHEME = "twin://"


@dataclass(frozen=True, slots=True)
class LineModel:
    """Line time in bit/s, the host's receiver, where RTS and DTR lead; see `Twin`."""

    baud: int | None = None
    host_fifo: HostFifo | None = None
    wiring: Wiring = Wiring()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class PortUrl:
    """`--port` taken apart: where it leads, and what the host wants of the line.

    `rate` is the one to open with, `speed` the one to negotiate, both in bit/s.
    """

    url: str
    rate: int = USUAL_RATE
    speed: int | None = None
    flow: Flow | None = None


def parse_port_url(text: str) -> PortUrl:
    """`PORT?baud=N&speed=N&flow=auto|none|software|hardware`; a twin's `baud` is its own.

    Raises `typer.BadParameter`.
    """
    if _CONTROL.search(text):
        raise typer.BadParameter(f"port '{shown(text, limit=80)}': it holds a control character")
    url, _, query = text.partition("?")
    # Bytes that are no UTF-8 may be part of the name of a file: they stay what they are.
    values = dict(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))
    speed = values.pop("speed", None)
    flow = values.pop("flow", "auto")
    if flow not in _FLOWS:
        raise typer.BadParameter(f"flow={flow!r}: {', '.join(_FLOWS)} is wanted")
    is_twin = url.startswith(SCHEME)
    rate = None if is_twin else values.pop("baud", None)
    if values and not is_twin:
        raise typer.BadParameter(f"{text}: {next(iter(values))!r} means nothing for a port")
    rest = f"{url}?{urlencode(values, errors='surrogateescape')}" if values else url
    return PortUrl(
        rest,
        USUAL_RATE if rate is None else check_rate("baud", rate),
        None if speed is None else check_rate("speed", speed),
        _FLOWS[flow],
    )


def parse_line_model(
    baud: str,
    fifo_size: str | None,
    fifo_drain: str | None,
    rts: str | None = None,
    dtr: str | None = None,
) -> LineModel:
    """`baud` is a rate or `max`, which is a line without line time.

    A FIFO needs a rate. Without a size it has 4096 bytes, without a drain its program keeps up
    with the line. `rts` and `dtr` are `reset` or `power_key`,
    `:inverted` or not. Raises `typer.BadParameter`.
    """
    rate = None if baud == "max" else check_rate("baud", baud, "max, or ")
    fifo = _parse_fifo(rate, fifo_size, fifo_drain)
    wiring = Wiring(_parse_wire("rts", rts), _parse_wire("dtr", dtr))
    if wiring.rts is not None and wiring.dtr is not None and wiring.rts.pin == wiring.dtr.pin:
        raise typer.BadParameter(f"rts and dtr both on {wiring.rts.pin}: a pin has one wire")
    return LineModel(rate, fifo, wiring)


def check_rate(name: str, text: str, more: str = "") -> int:
    """One of the module's rates. Raises `typer.BadParameter`."""
    rate = decimal(text)
    if rate is None or rate not in RATES:
        known = ", ".join(str(rate) for rate in RATES)
        raise typer.BadParameter(
            f"{name}={shown(text, limit=40)!r}: {more}one of {known} is wanted"
        )
    return rate


def _parse_fifo(rate: int | None, size: str | None, drain: str | None) -> HostFifo | None:
    if size is None and drain is None:
        return None
    if rate is None:
        raise typer.BadParameter("a host's FIFO needs a baud rate: without one nothing is too fast")
    return HostFifo(
        _USUAL_FIFO if size is None else _whole("host_fifo", size),
        rate / 10 if drain is None else _whole("host_drain", drain),
    )


def _parse_wire(name: str, text: str | None) -> Wire | None:
    if text is None:
        return None
    match text.partition(":"):
        case (("reset" | "power_key") as pin, colon, ("inverted" | "") as how) if bool(colon) == (
            how == "inverted"
        ):
            return Wire(pin, inverted=how == "inverted")
    raise typer.BadParameter(
        f"{name}={text!r}: reset or power_key is wanted, and :inverted behind it if it is"
    )


def _whole(name: str, text: str) -> int:
    number = decimal(text)
    if number is None or not 1 <= number <= 1_000_000_000:
        raise typer.BadParameter(f"{name}={_brief(text)}: a whole number from 1 up is wanted")
    return number


def _brief(text: str) -> str:
    return f"'{shown(text, limit=40)}'"
