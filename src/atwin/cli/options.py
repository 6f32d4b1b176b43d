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
        "start-up and network delays immediate.",
    ),
]

Output = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="Where to; `-` is stdout."),
]


def check_baud(value: str) -> str:
    """`max` only: line time is not modelled yet. Raises `typer.BadParameter`."""
    if value != "max":
        raise typer.BadParameter(
            f"{value!r}: only 'max' (as fast as the line goes) is known; leave it out or say max"
        )
    return value
