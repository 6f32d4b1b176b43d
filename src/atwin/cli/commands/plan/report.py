"""What a download takes and costs, for people and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from atwin.cli.ending import DONE, print_object
from atwin.cli.figures.tables import Bars, Column, duration, table
from atwin.cli.says import one_line, say
from atwin.net.meter.bill import KINDS
from atwin.plan.paper import TIMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from atwin.cli.commands.plan.options import PlanOptions
    from atwin.plan.job import Job
    from atwin.plan.paper import Forecast
    from atwin.plan.simulated import Played
    from atwin.plan.spread import Mixture

#: What one download comes to, by its key in JSON.
FIGURES: dict[str, Callable[[Forecast], float]] = {
    "seconds": lambda forecast: forecast.times.seconds,
    "bytes_billed": lambda forecast: forecast.count.operator.total,
    "requests": lambda forecast: forecast.requests,
    "connections": lambda forecast: forecast.connections,
    "connection_seconds": lambda forecast: forecast.held,
}
_NAMES = {
    "seconds": "seconds",
    "bytes_billed": "bytes billed",
    "requests": "requests",
    "connections": "connections",
    "connection_seconds": "connection seconds",
}
_WAYS = {
    "whole": "in one answer",
    "range": "in parts of {chunk:,} bytes",
    "stream": "as a stream",
}


@dataclass(frozen=True)
class Planned:
    """A job on paper and, unless only that was asked for, played.

    `mixture` has what else was played, where a share of the downloads meets faults.
    """

    job: Job
    paper: Forecast
    options: PlanOptions
    played: Played | None = None
    mixture: Mixture | None = None

    @property
    def best(self) -> Forecast:
        """What is known best."""
        return self.paper if self.played is None else self.played.forecast

    @property
    def disturbed(self) -> bool:
        """Whether what was played met faults, so that paper says another thing."""
        return self.played is not None and bool(self.options.faults) and self.mixture is None


def show(planned: Planned, *, as_json: bool) -> int:
    """Print it on stdout; the exit code of what was played."""
    played = planned.played
    if as_json:
        print_object(_described(planned))
    else:
        click.echo("\n".join(_lines(planned)))
    if played is None or played.ok:
        return DONE
    say(played.error)
    return played.exit_code


def _figure(name: str) -> Callable[[Played], float]:
    return lambda played: FIGURES[name](played.forecast)


# --- for programs -------------------------------------------------------------------------------


def _described(planned: Planned) -> dict[str, object]:
    job, options, played = planned.job, planned.options, planned.played
    told: dict[str, object] = {name: of(planned.best) for name, of in FIGURES.items()}
    told |= {"by": "paper" if played is None else "simulation", "way": planned.best.way}
    told |= {
        "model": job.profile.key,
        "size": job.size,
        "part": planned.paper.chunk,
        "baud": job.baud,
        "link": asdict(job.route),
        "tls": job.tls,
        "times": asdict(planned.best.times),
        "billed": planned.best.count.operator.as_dict(),
        "paper": _figures(planned.paper),
        "simulation": None if played is None else _one(played),
        "faults": None if planned.mixture is None else _mixed(planned),
        "assumed": options.assumed(),
    }
    if played is not None and not played.ok:
        told |= {"error": played.error, "exit_code": played.exit_code}
    return told


def _figures(forecast: Forecast) -> dict[str, object]:
    figures: dict[str, object] = {name: of(forecast) for name, of in FIGURES.items()}
    return figures | {"times": asdict(forecast.times)}


def _one(played: Played) -> dict[str, object]:
    return {
        **_figures(played.forecast),
        "seed": played.seed,
        "ok": played.ok,
        "exit_code": played.exit_code,
        "error": played.error,
        "retries": played.retries,
        "rungs": played.rungs,
        "faults": played.fired,
    }


def _mixed(planned: Planned) -> dict[str, object]:
    mixture = planned.mixture
    assert mixture is not None
    spreads = {name: asdict(mixture.spread(_figure(name))) for name in FIGURES}
    return {
        "share": mixture.share,
        "runs": len(mixture.disturbed),
        "failed": mixture.failed,
        **spreads,
        "by_seed": [_one(played) for played in mixture.disturbed],
    }


# --- for people ---------------------------------------------------------------------------------


def _lines(planned: Planned) -> list[str]:
    job, best = planned.job, planned.best
    way = _WAYS[best.way].format(chunk=best.chunk)
    lines = [one_line(f"{job.size:,} bytes from {job.url} by {job.profile.key}, {way}"), ""]
    lines += [_times(planned), "", _bills(planned), "", _counts(planned), ""]
    if planned.mixture is not None:
        lines += [_mixture(planned.mixture), ""]
        lines += _outcomes(planned.mixture)
    elif planned.disturbed:
        lines += _what_happened(planned)
    lines.append(f"{duration(best.times.seconds)} in all, {_held(best)}")
    return [*lines, f"Assumed: {planned.options.assumed()}, {_assumed(job)}"]


def _forecasts(planned: Planned) -> dict[str, Forecast]:
    if planned.played is None:
        return {"paper": planned.paper}
    heading = "with faults" if planned.disturbed else "simulation"
    return {"paper": planned.paper, heading: planned.played.forecast}


def _times(planned: Planned) -> str:
    """Where the time goes, with bars."""
    best = planned.best.times
    forecasts = _forecasts(planned)
    kinds = [kind for kind in TIMES if any(getattr(of.times, kind) for of in forecasts.values())]
    shares = [getattr(best, kind) / (best.seconds or 1) for kind in kinds]
    columns = [
        Column("seconds", [*(TIMES[kind] for kind in kinds), "in all"], left=True),
        *(
            Column(
                name,
                [
                    *(f"{getattr(of.times, kind):,.2f}" for kind in kinds),
                    f"{of.times.seconds:,.2f}",
                ],
                rank=2 if name == "paper" and planned.played is not None else 0,
            )
            for name, of in forecasts.items()
        ),
        Column("share", [*(f"{share:.1%}" for share in shares), ""], rank=3),
    ]
    return table(columns, Bars([*shares, 0]))


def _bills(planned: Planned) -> str:
    """What is paid for, kind by kind."""
    bills = {name: of.count.operator for name, of in _forecasts(planned).items()}
    kinds = [
        kind
        for kind in KINDS
        if kind == "payload" or any(bill.kind(kind) for bill in bills.values())
    ]
    names = [*(KINDS[kind] for kind in kinds), "billed"]
    columns = [Column("bytes", names, left=True)]
    for name, bill in bills.items():
        amounts = [*(bill.kind(kind) for kind in kinds), bill.total]
        is_beside = name == "paper" and len(bills) > 1
        columns.append(Column(name, [f"{each:,}" for each in amounts], rank=2 * is_beside))
    return table(columns)


def _counts(planned: Planned) -> str:
    """What the server feels."""
    names = ("requests", "connections", "connection_seconds")
    columns = [Column("at the server", [_NAMES[name] for name in names], left=True)]
    for name, forecast in _forecasts(planned).items():
        is_beside = name == "paper" and planned.played is not None
        cells = [_number(FIGURES[figure](forecast)) for figure in names]
        columns.append(Column(name, cells, rank=2 * is_beside))
    return table(columns)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _held(forecast: Forecast) -> str:
    each = forecast.held / (forecast.connections or 1)
    plural = "" if forecast.connections == 1 else "s"
    return f"{forecast.connections:,} connection{plural} of {duration(each)} on average"


def _assumed(job: Job) -> str:
    words = ["TLS 1.2" if job.tls else "no TLS"]
    words.append("the hash is known" if job.hash else "no hash is known")
    if not job.etag:
        words.append("no ETag")
    if job.dns:
        words.append("a DNS query before each connection")
    if job.latency:
        words.append(f"the server answers after {job.latency:g} s")
    return ", ".join(words)


def _what_happened(planned: Planned) -> list[str]:
    played = planned.played
    assert played is not None
    lines = [f"Faults that happened: {_listed(played.fired) or 'none of the plan'}"]
    if played.retries or played.rungs:
        rungs = f"; recovery: {_listed(played.rungs)}" if played.rungs else ""
        lines.append(f"{played.retries:,} attempts repeated{rungs}")
    return lines


def _listed(words: Iterable[str]) -> str:
    """Each once, with how often."""
    counted = Counter(words)
    return ", ".join(f"{word} x{times}" if times > 1 else word for word, times in counted.items())


def _mixture(mixture: Mixture) -> str:
    """What a share with faults makes of the figures."""
    names = [name for name in FIGURES if name != "connections"]
    spreads = [mixture.spread(_figure(name)) for name in names]
    columns = [
        Column(
            f"{mixture.share * 100:.4g} % with faults", [_NAMES[name] for name in names], left=True
        )
    ]
    for heading, rank in (("mean", 1), ("median", 0), ("p95", 0)):
        cells = [
            f"{getattr(spread, heading):,.{0 if name in _WHOLE else 2}f}"
            for name, spread in zip(names, spreads, strict=True)
        ]
        columns.append(Column("95 %" if heading == "p95" else heading, cells, rank=rank))
    return table(columns)


_WHOLE = ("bytes_billed", "requests")


def _outcomes(mixture: Mixture) -> list[str]:
    runs = len(mixture.disturbed)
    bad = [played for played in mixture.disturbed if not played.ok]
    seeds = f"{mixture.disturbed[0].seed} to {mixture.disturbed[-1].seed}"
    lines = [
        f"{runs:,} downloads met a random plan each (random:N, seeds {seeds}):"
        f" {len(bad):,} of them failed, {mixture.failed:.2%} of all"
    ]
    return [*lines, *(f"  seed {played.seed}: {one_line(played.error)}" for played in bad)]
