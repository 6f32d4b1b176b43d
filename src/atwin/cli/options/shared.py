"""Options that several commands share."""

import re
from typing import Annotated

import typer

from atwin.cli.options.inputs import no_nan

DEFAULT_PORT = "twin://air724ug"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

Port = Annotated[
    str,
    typer.Option(
        "--port",
        "-p",
        envvar="ATWIN_PORT",
        metavar="PORT",
        help="Device path, socket://HOST:PORT, rfc2217://HOST:PORT, or a twin in this process: "
        "twin://MODEL?baud=max&seed=N&cold=1&state=DIR and any profile flag; time_scale=0 makes "
        "start-up and network delays immediate, host_fifo=N&host_drain=N models a slow host, "
        "faults=FILE|random:N is what goes wrong. "
        "Each takes ?baud=N (115200), speed=N to negotiate another rate, and "
        "flow=auto|none|software|hardware.",
    ),
]

Traffic = Annotated[
    bool, typer.Option("--traffic", help="Tell at the end what it cost in traffic, in one line.")
]

TraceFile = Annotated[
    str | None,
    typer.Option(
        "--trace", metavar="FILE", help="Write down all that happens, for `atwin trace show FILE`."
    ),
]

Output = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="Where to; `-` is stdout."),
]

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

Timeout = Annotated[
    int,
    typer.Option(
        min=1,
        max=65535,
        metavar="SECONDS",
        help="How long the module may take for one request (HTTPPARA TIMEOUT).",
    ),
]
#: Seconds; the module's own.
TIMEOUT = 120

GiveUp = Annotated[
    float,
    typer.Option(
        "--give-up",
        min=0,
        callback=no_nan,
        metavar="SECONDS",
        help="Without progress for so long, end with what was wrong.",
    ),
]
#: Seconds; the default of `Retry.give_up`.
GIVE_UP = 900.0


_SIZE = re.compile(r"([0-9]{1,12})(?:([KkMmGg])[Bb]?)?")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def parse_bytes(option: str, text: str) -> int:
    """A number of bytes; K or KB is 1024, M 1,048,576 and G 1,073,741,824 of them.

    Raises `typer.BadParameter`.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{option} {text!r} is no number of bytes: write 5000, 300K, 12M")
    return int(match[1]) * (_UNITS[match[2].upper()] if match[2] else 1)
