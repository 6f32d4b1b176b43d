"""What `atwin plan` is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import click

from atwin.cli.figures.route import RouteOptions
from atwin.cli.options import MODEL, PLAN, Number, Size, flag, shared

if TYPE_CHECKING:
    from atwin.plan.job import Job
    from atwin.twin.faults.plan import FaultPlan

_LARGEST = 1 << 30
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")
#: Plans of a mix, unless somebody wants more of them.
_RUNS = 20


@dataclass(frozen=True)
class Mix:
    """Faults of a plan: `share` of the downloads meets some, by one plan or each by its own."""

    text: str
    share: float
    plan: FaultPlan | None = None


@dataclass(frozen=True)
class _What:
    """The module and the file."""

    size: int | None = shared("--size", type=Size(_LARGEST), help="Bytes of the file: 12M, 300K.")
    model: str = shared("--model", type=MODEL, default="air724ug", help="The module that fetches.")


@dataclass(frozen=True)
class _How:
    """How it is fetched, and what goes wrong."""

    strategy: str = shared(
        "--strategy",
        type=click.Choice(["auto", "range", "stream"]),
        default="auto",
        help="How the file is fetched, as with `atwin get`.",
    )
    part: int | None = shared(
        "--part", type=Size(), help="Size of the parts; by default what suits --model."
    )
    tls: bool = flag("--tls", "Use HTTPS.")
    dns: bool = flag("--dns", "Ask for the server's name before each connection.")
    no_hash: bool = flag("--no-hash", "The host does not know the file's hash beforehand.")
    no_etag: bool = flag("--no-etag", "The server sends no ETag.")
    server_latency: float = shared(
        "--server-latency",
        type=Number(0, 600),
        default=0.0,
        metavar="SECONDS",
        help="Time the server takes to answer.",
    )
    faults: str | None = shared(
        "--faults",
        type=PLAN,
        metavar="MIX",
        help="What goes wrong: a name of `atwin faults`, a file, random:N, or the share of the"
        " downloads that meet a random plan, such as 5%.",
    )
    runs: int = shared(
        "--runs",
        type=Number(1, 10_000, whole=True),
        default=_RUNS,
        metavar="N",
        help="Number of random plans that represent a share.",
    )
    seed: int = shared(
        "--seed",
        type=Number(0, (1 << 63) - 1, whole=True),
        default=0,
        metavar="N",
        help="Seed of the twin, and the first seed of a share. The same seed repeats a run.",
    )
    paper: bool = flag("--paper", "Calculate on paper only, and simulate nothing.")


@dataclass(frozen=True)
class PlanOptions(_How, RouteOptions, _What):
    """One download to be planned."""

    def job(self) -> Job:
        """What is planned. Raises `click.UsageError`, and `UnknownModelError`."""
        from atwin.cli.figures.route import check_part
        from atwin.plan.job import Job, limits_of

        if not self.size:
            raise click.UsageError("--size: give the bytes of the file, such as 12M")
        job = Job(
            self.size,
            self.model,
            self.baud,
            cast("Literal['auto', 'range', 'stream']", self.strategy),
            self.part,
            tls=self.tls,
            hash=not self.no_hash,
            etag=not self.no_etag,
            dns=self.dns,
            route=self.route(),
            latency=self.server_latency,
        )
        check_part(job)
        if self.strategy == "stream" and not limits_of(job.profile).streams:
            raise click.UsageError(f"--strategy stream: {self.model} cannot stream; use range")
        return job

    def mix(self) -> Mix | None:
        """What goes wrong. Raises `click.UsageError`, and `OptionError` for a bad plan."""
        if self.faults is None:
            return None
        if self.paper:
            raise click.UsageError("--paper simulates nothing: leave --faults out")
        from atwin.session.plans import load_plan

        match = _SHARE.fullmatch(self.faults)
        if match is None:
            return Mix(self.faults, 1.0, load_plan(self.faults))
        share = float(match[1]) / 100
        if not 0 < share <= 1:
            raise click.UsageError(f"--faults {self.faults}: give more than 0% and up to 100%")
        return Mix(self.faults, share)
