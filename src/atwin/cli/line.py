"""Rate, flow control and the modelled receiver, as people write them in options and URLs."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import typer

from atwin.line.frame import RATES, Flow
from atwin.line.host_side import HostFifo

_FLOWS = {"none": Flow.NONE, "software": Flow.SOFTWARE, "hardware": Flow.HARDWARE, "auto": None}

#: The rate a port is opened with when nobody says another, in bit/s.
USUAL_RATE = 115200


@dataclass(frozen=True, slots=True)
class PortUrl:
    """`--port` taken apart: where it leads, and what the host wants of the line.

    `rate` is the one to open with, `speed` the one to negotiate, both in bit/s.
    """

    url: str
    rate: int | None = None
    speed: int | None = None
    flow: Flow | None = None


def parse_port_url(text: str) -> PortUrl:
    """`PORT?baud=N&speed=N&flow=auto|none|software|hardware`; a twin's `baud` is its own.

    Raises `typer.BadParameter`.
    """
    url, _, query = text.partition("?")
    values = dict(parse_qsl(query, keep_blank_values=True))
    speed = values.pop("speed", None)
    flow = values.pop("flow", "auto")
    if flow not in _FLOWS:
        raise typer.BadParameter(f"flow={flow!r}: {', '.join(_FLOWS)} is wanted")
    is_twin = url.startswith("twin://")
    rate = None if is_twin else values.pop("baud", None)
    if values and not is_twin:
        raise typer.BadParameter(f"{text}: {next(iter(values))!r} means nothing for a port")
    rest = f"{url}?{urlencode(values)}" if values else url
    return PortUrl(
        rest,
        None if rate is None else check_rate("baud", rate),
        None if speed is None else check_rate("speed", speed),
        _FLOWS[flow],
    )


def parse_baud(text: str) -> int | None:
    """A rate in bit/s; None for `max`, a line without line time. Raises `typer.BadParameter`."""
    return None if text == "max" else check_rate("baud", text, "max, ")


def check_rate(name: str, text: str, more: str = "") -> int:
    """One of the module's rates. Raises `typer.BadParameter`."""
    if not text.isdecimal() or int(text) not in RATES:
        known = ", ".join(str(rate) for rate in RATES)
        raise typer.BadParameter(f"{name}={text!r}: {more}or one of {known} is wanted")
    return int(text)


def parse_fifo(size: str | None, drain: str | None) -> HostFifo | None:
    """The modelled receiver of the host; both numbers or none. Raises `typer.BadParameter`."""
    if size is None and drain is None:
        return None
    if size is None or drain is None:
        raise typer.BadParameter(
            "a host's FIFO needs both its size in bytes and the bytes per second it is read at"
        )
    return HostFifo(_whole("host_fifo", size), _whole("host_drain", drain))


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000_000:
        raise typer.BadParameter(f"{name}={text!r}: a whole number from 1 up is wanted")
    return int(text)
