"""Options that several commands share."""

from typing import Annotated

import typer

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
        "start-up and network delays immediate, host_fifo=N&host_drain=N models a slow host. "
        "Each takes ?baud=N (115200), speed=N to negotiate another rate, and "
        "flow=auto|none|software|hardware.",
    ),
]

Traffic = Annotated[
    bool, typer.Option("--traffic", help="Tell at the end what it cost in traffic, in one line.")
]

Output = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="Where to; `-` is stdout."),
]
