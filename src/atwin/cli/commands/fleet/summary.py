"""A fleet, and one of its devices, in a few lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.cli.results import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.fleet.device.row import Row
    from atwin.fleet.estimate import Estimate
    from atwin.fleet.result import FleetResult

_MB = 1024 * 1024


def summary_lines(result: FleetResult) -> Iterator[str]:
    """What the whole fleet comes to."""
    found, run, engine = result.estimates, result.run, result.engine
    resumed = f", {engine.resumed} of an earlier run" if engine.resumed else ""
    yield (
        f"{result.campaign.devices:,} devices, {len(result.rows):,} simulated{resumed} in "
        f"{engine.seconds:.1f} s ({engine.name}, {counted(engine.workers, 'worker')})"
    )
    yield f"billed: {_told(found.billed, 1 / _MB)} MB"
    if (price := result.campaign.price) is not None and found.price is not None:
        yield f"price: {_told(found.price)} {price.currency}"
    yield f"failed: {_told(found.failed, 100)} %; second attempt: {_told(found.retried, 100)} %"
    yield (
        f"seconds of a device: mean {_told(found.seconds_mean)}, median "
        f"{_told(found.seconds_median)}, 95 % within {_told(found.seconds_95)}"
    )
    yield (
        f"server: {run.done:,} done, {run.failed:,} failed, {run.never_started:,} never started in "
        f"{run.seconds:,.0f} s; at most {run.peak_connections:,.1f} connections, "
        f"{run.peak_requests:,.1f} requests/s, {run.peak_sent / 1e6:,.2f} MB/s"
    )
    yield from result.notes


def row_lines(row: Row) -> Iterator[str]:
    """What became of one device."""
    ended = "has the file" if row.ok else f"failed ({row.cause}): {row.error}"
    yield f"device {row.device}, {row.stratum}: {ended}"
    yield (
        f"{row.seconds:,.1f} s, {counted(len(row.attempts), 'attempt')}, {row.billed:,} bytes "
        f"billed, {counted(row.requests, 'request')}, {counted(row.connections, 'connection')}"
    )
    for name, values in (("faults", row.fired), ("rungs", row.rungs), ("helped", row.helped)):
        if values:
            yield f"{name}: {', '.join(values)}"
    if row.faults:
        yield f"planned: {row.faults}"


def _told(found: Estimate, factor: float = 1.0) -> str:
    """The value, and its interval if it has one."""
    one = found.times(factor)
    interval = f" ({one.low:,.4g} to {one.high:,.4g})" if one.low < one.high else ""
    return f"{one.value:,.6g}{interval}"
