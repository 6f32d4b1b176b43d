"""A campaign as one HTML page that needs nothing else."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING, Any

from atwin.fleet.report.plan import plan_lines
from atwin.fleet.report.worst import worst
from atwin.fleet.server.curves import completion, thinned
from atwin.page.frame import alone
from atwin.text import masked, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.estimate import Estimate
    from atwin.fleet.result import FleetResult

    #: [value, low, high] of an estimate.
    Three = list[float]

_STYLES = ("fleet/fleet.css",)
_MODULES = ("fleet/words.js", "fleet/tables.js", "fleet/fleet.js")
#: Shares of the devices whose time is shown as a figure.
_SHARES = (0.5, 0.9, 0.95, 0.99, 1.0)
#: Lines of a list whose length a plan decides.
_MOST = 100


def page_of(result: FleetResult) -> str:
    """The page. What a plan or a device says is text in it, and nothing else."""
    name = shown(result.campaign.name)
    return alone(name, _data(result), styles=_STYLES, modules=_MODULES)


def _data(result: FleetResult) -> dict[str, Any]:
    """What fleet.js reads: times in seconds after the start, sizes in bytes."""
    run, campaign, engine = result.run, result.campaign, result.engine
    server, price = campaign.server, campaign.price
    return {
        "name": shown(campaign.name),
        "devices": campaign.devices,
        "simulated": len(result.rows),
        "seed": str(campaign.seed),
        "took": engine.seconds,
        "starts": _local(campaign).isoformat(" ", "minutes"),
        "duration": max(run.seconds, float(len(run.load)), 1.0),
        "figures": dict(_figures(result)),
        "currency": None if price is None else shown(price.currency),
        "completion": [list(point) for point in zip(*completion(run), strict=True)],
        "band": _band(result),
        "load": {
            name: {"seconds": part.seconds, "mean": _short(part.mean), "peak": _short(part.peak)}
            for name, part in thinned(run.load).items()
        },
        "limits": {
            "connections": server.connections,
            "requests": server.requests,
            "sent": server.bandwidth,
        },
        "tables": {
            "bill": list(_bill(result)),
            "causes": list(_causes(result)),
            "rungs": [
                [shown(one.rung), _three(one.devices), _three(one.helped)]
                for one in result.breakdown.rungs
            ],
            "faults": [
                [shown(one.fault), _three(one.devices), _three(one.failed)]
                for one in result.breakdown.faults
            ],
            "stages": [
                [one.number, one.devices, one.began, one.ended, one.done, one.failed, one.gate]
                for one in run.stages[:_MOST]
                if campaign.stages
            ],
            "worst": list(_worst(result)),
            "plan": [[name, _text(text)] for name, text in plan_lines(campaign)][:_MOST],
        },
        "aborted": run.aborted and _text(run.aborted),
        "notes": [_text(note) for note in result.notes[:_MOST]],
    }


def _local(campaign: Campaign) -> datetime:
    """When it begins, on the clocks of the devices where all have the same."""
    ahead = {zone.utc for zone in campaign.zones}
    return campaign.rules.starts.astimezone(
        timezone(timedelta(seconds=ahead.pop())) if len(ahead) == 1 else UTC
    )


def _figures(result: FleetResult) -> Iterator[tuple[str, Three | None]]:
    """Key of fleet.js -> the figure, and its interval as far as there is one."""
    run, found, spread = result.run, result.estimates, result.spread
    whole = 1 / result.campaign.devices
    for share in _SHARES:
        at = run.done_by(share)
        drawn = spread and spread.done_by.get(share)
        yield f"by{share * 100:g}", _three(drawn) if drawn else at if at is None else [at] * 3
    yield "billed", _three(found.billed)
    yield "each", _three(found.billed.times(whole))
    if found.price is not None:
        yield "price", _three(found.price)
        yield "priceEach", _three(found.price.times(whole))
    yield "retried", _three(found.retried)
    yield "failed", _three(found.failed)
    for name in ("connections", "requests", "sent"):
        key = f"peak_{name}"
        most = getattr(run, key)
        yield key, _three(getattr(spread, key)) if spread else [most] * 3
    yield "lost", [run.failed * whole] * 3
    yield "waits", [float(run.waits)] * 3
    yield "longest", [run.longest_wait] * 3
    yield "refused", [float(run.refused)] * 3


def _band(result: FleetResult) -> list[list[float]]:
    """Share, and between which seconds it is reached."""
    drawn = result.spread.done_by if result.spread else {}
    return [[share, one.low, one.high] for share, one in drawn.items() if one is not None]


def _bill(result: FleetResult) -> Iterator[list[Any]]:
    price = result.campaign.price
    each = None if price is None else price.per_mb / price.megabyte
    for name, part in {**result.breakdown.bill, "billed": result.estimates.billed}.items():
        paid = None if each is None else _three(part.times(each))
        yield [name, _three(part), part.value / result.campaign.devices, paid]


def _causes(result: FleetResult) -> Iterator[list[Any]]:
    tallies = {tally.cause: tally for tally in result.breakdown.causes}
    lost = result.run.causes
    for name in [*tallies, *(name for name in lost if name not in tallies)][:_MOST]:
        known = tallies.get(name)
        parts = (known.attempts, known.devices, known.got) if known else (None, None, None)
        yield [shown(name), *(part and _three(part) for part in parts), lost.get(name, 0)]


def _worst(result: FleetResult) -> Iterator[list[Any]]:
    for one in worst(result.campaign, result.rows, result.command):
        row = one.row
        ended = _text(f"{row.cause}: {row.error}") if not row.ok else ""
        yield [
            row.device, str(row.seed), _text(row.stratum), ended, row.seconds, len(row.attempts),
            row.billed, [_text(one.alone), _text(one.get)],
        ]  # fmt: skip


def _text(text: str) -> str:
    return shown(masked(text), limit=500)


def _three(found: Estimate) -> Three:
    return [found.value, found.low, found.high]


def _short(values: Sequence[float]) -> list[float]:
    """Four digits are more than can be seen."""
    return [float(f"{value:.4g}") for value in values]
