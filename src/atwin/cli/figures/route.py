"""The line and the way to the server that an estimate is for: options of several commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from atwin.cli.options import Number, shared
from atwin.line.frame import RATES, USUAL_RATE
from atwin.text.units import parse_rate

if TYPE_CHECKING:
    from atwin.plan.job import Job, Route

#: No link is slower or faster: a byte a second, a terabyte a second.
_LEAST_SPEED, _MOST_SPEED = 1.0, 1e12


class LineRate(click.ParamType[Any]):
    """A rate of the line in bit/s; None, for `max`, is a line that takes no time."""

    name = "rate"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        if value == "max":
            return None
        if str(value) not in map(str, RATES):
            self.fail(f"{value!r}: give {', '.join(map(str, RATES))} or max", param, ctx)
        return int(value)


class Speed(click.ParamType[Any]):
    """Bytes per second: 60000, 60K, 1.2M."""

    name = "speed"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            speed = parse_rate(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not _LEAST_SPEED <= speed <= _MOST_SPEED:
            self.fail(f"{value}: give 1 to 1000G bytes per second", param, ctx)
        return speed


def check_part(job: Job) -> None:
    """Raises `click.UsageError` for parts that the module does not take."""
    from atwin.host.download.pace import SMALLEST_CHUNK
    from atwin.plan.job import limits_of

    if job.part is None:
        return
    most = limits_of(job.profile).chunk_max
    if job.part < SMALLEST_CHUNK:
        raise click.UsageError(f"--part {job.part}: give at least {SMALLEST_CHUNK} bytes")
    if job.part > most:
        raise click.UsageError(f"--part {job.part:,}: {job.model} takes up to {most:,} bytes")


@dataclass(frozen=True)
class RouteOptions:
    """The line of a module, and its way to the server."""

    baud: int | None = shared(
        "--baud",
        type=LineRate(),
        default=str(USUAL_RATE),
        metavar="N",
        help="Rate of the line in bit/s; max takes no line time.",
    )
    rtt: float = shared(
        "--rtt",
        type=Number(0, 60),
        default=0.1,
        metavar="SECONDS",
        help="Round trip between module and server.",
    )
    down: float = shared(
        "--down",
        type=Speed(),
        default="1.2M",
        metavar="BYTES_PER_SECOND",
        help="Rate of the link to the module: 60K, 1.2M, 4 Mbit/s.",
    )
    up: float = shared(
        "--up",
        type=Speed(),
        default="0.2M",
        metavar="BYTES_PER_SECOND",
        help="Rate of the link from the module.",
    )

    def route(self) -> Route:
        """The way to the server."""
        from atwin.plan.job import Route

        return Route(self.rtt, self.down, self.up)

    def line(self) -> str:
        """The line, for a person."""
        return "a line that takes no time" if self.baud is None else f"{self.baud:,} bit/s"

    def assumed(self) -> str:
        """All of it, for a person."""
        speeds = f"{self.down:,.0f} bytes/s down and {self.up:,.0f} up"
        return f"{self.line()}, {self.rtt:g} s round trip, {speeds}"
