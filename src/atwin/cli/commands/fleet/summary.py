"""A fleet in a few tables for a person: the answer first, then what it is made of."""

from __future__ import annotations

import textwrap
from functools import partial
from typing import TYPE_CHECKING

from atwin.cli.commands.fleet.figures import interval, number, off, percent, sized, unit
from atwin.cli.figures.tables import Bars, Column, duration, table, terminal_width
from atwin.cli.results import counted
from atwin.cli.says import one_line
from atwin.fleet.estimate import Estimate
from atwin.fleet.report.breakdown import BILL_NAMES
from atwin.fleet.report.worst import worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from atwin.fleet.result import FleetResult
    from atwin.fleet.server.run import StageRun

#: Shares of the fleet that people ask for; the answer has the first of the others that is reached.
_ASKED = (0.5, 0.9, 0.95, 0.99, 1.0)
_ANSWER = (0.99, 0.95, 0.9, 0.5)
#: Bytes of a megabyte on the bill -> what a price is for. Traffic is shown in MB and GB of 10**6.
_PER = {1 << 20: "a MiB", 10**6: "an MB"}
#: Lines of a list, and worst devices.
_LISTED, _WORST = 12, 3


def summary(result: FleetResult) -> str:
    """All of it. No line is wider than the terminal, but commands and what cannot be narrower."""
    parts = [
        _filled(_answer(result)), _completion(result), _server(result), _bill(result),
        _causes(result), _rungs(result), _faults(result), _stages(result), _worst(result),
        "\n".join(_filled(f"* {note}", "  ") for note in _notes(result)),
    ]  # fmt: skip
    return "\n\n".join(filter(None, parts))


def _filled(text: str, indent: str = "") -> str:
    """In lines that break between words, so that no number is cut."""
    return textwrap.fill(
        one_line(text), max(20, terminal_width()), subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _answer(result: FleetResult) -> str:
    run, found, devices = result.run, result.estimates, result.campaign.devices
    reached = [share for share in _ANSWER if run.done_by(share) is not None]
    if reached:
        ready = f"{reached[0] * 100:g} % have the file after {_when(result, reached[0])}"
    else:
        ready = f"only {run.done:,} get the file"
    cost = f"{sized(found.billed.value)} billed{off(found.billed)}"
    if (price := result.campaign.price) is not None and found.price is not None:
        each = found.price.value / devices
        cost += (
            f": {number(found.price.value)} {price.currency} at {price.per_mb:g} "
            f"{_PER.get(price.megabyte, f'for {price.megabyte:,} bytes')}, {each:,.3g} a device"
        )
    second = run.attempts_by_number[1] if len(run.attempts_by_number) > 1 else 0
    again = _share(result, found.retried, second)
    lost = _share(result, found.failed, run.failed)
    held = f", {run.never_started:,} are never told to begin" if run.never_started else ""
    return (
        f"{devices:,} devices: {ready}. {cost}. {again} need a second attempt, {lost} fail{held}. "
        f"The server holds {number(run.peak_connections)} connections, "
        f"{number(run.peak_requests)} requests/s and {sized(run.peak_sent)}/s at its "
        "busiest."
    )


def _when(result: FleetResult, share: float) -> str:
    at = result.run.done_by(share)
    assert at is not None
    spread = result.spread and result.spread.done_by.get(share)
    return duration(at) + (interval(spread, duration) if spread else "")


def _share(result: FleetResult, alone: Estimate, devices: int) -> str:
    """Of all devices: as estimated, but where the server or the rules have a part in it."""
    run = result.run
    if run.refused or run.never_started or run.aborted or "late" in run.causes:
        exact = devices / result.campaign.devices
        return percent(Estimate(exact, exact, exact))
    return percent(alone)


def _completion(result: FleetResult) -> str:
    run = result.run
    at = {share: run.done_by(share) for share in _ASKED}
    last = max((when for when in at.values() if when is not None), default=0.0) or 1.0
    columns = [
        Column("have the file", [f"{share * 100:g} %" for share in _ASKED]),
        Column("after", ["never" if when is None else duration(when) for when in at.values()]),
        *_if_any("95 % interval", [_drawn(result, share) for share in _ASKED], rank=1),
    ]  # fmt: skip
    return table(columns, Bars([(when or 0.0) / last for when in at.values()]))


def _drawn(result: FleetResult, share: float) -> str:
    if result.spread is None or result.run.done_by(share) is None:
        return ""
    found = result.spread.done_by.get(share)
    return "or never" if found is None else interval(found, duration).strip(" ()")


def _server(result: FleetResult) -> str:
    run, load, spread = result.run, result.run.load, result.spread
    peaks = {
        "connections": (load.connections, spread and spread.peak_connections, 1.0),
        "requests/s": (load.requests, spread and spread.peak_requests, 1.0),
        "MB/s": (load.sent, spread and spread.peak_sent, 1e-6),
    }
    busiest = [max(values, default=0.0) for values, _, _ in peaks.values()]
    columns = [
        Column("at the server", [*peaks], left=True),
        Column("busiest", [
            number(most * factor)
            for most, (_, _, factor) in zip(busiest, peaks.values(), strict=True)
        ]),
        Column("after", [
            duration(values.index(most)) if most else ""
            for most, (values, _, _) in zip(busiest, peaks.values(), strict=True)
        ], rank=1),
        *_if_any("95 % interval", [
            interval(drawn.times(factor)).strip(" ()") if drawn else ""
            for _, drawn, factor in peaks.values()
        ], rank=2),
    ]  # fmt: skip
    waits = "nobody waited for a connection"
    if run.waits:
        waits = (
            f"{_many(run.waits, 'wait')} for a connection, {duration(run.waited / run.waits)} "
            f"in the mean and {duration(run.longest_wait)} at the longest"
        )
    refused = f"{_many(run.refused, 'attempt')} refused"
    seconds = f"{number(result.estimates.connection_seconds.value)} connection seconds in all"
    return f"{table(columns)}\n{_filled(f'{waits}; {refused}; {seconds}')}"


def _bill(result: FleetResult) -> str:
    found, devices, price = result.estimates, result.campaign.devices, result.campaign.price
    parts = {BILL_NAMES[name]: part for name, part in result.breakdown.bill.items()}
    parts["billed"] = found.billed
    whole = found.billed.value or 1.0
    step, name = unit(whole)
    values = [part.value for part in parts.values()]
    columns = [
        Column("bill", [*parts], left=True),
        Column(name, [f"{value / step:,.3f}" for value in values]),
        Column("share", [f"{value / whole:.1%}" for value in values], rank=4),
        Column("bytes a device", [f"{value / devices:,.0f}" for value in values], rank=3),
    ]
    if price is not None:
        paid = [value * price.per_mb / price.megabyte for value in values]
        columns.insert(2, Column(price.currency, [f"{each:,.2f}" for each in paid], rank=1))
        columns.append(
            Column(
                f"{price.currency} a device", [f"{each / devices:,.5f}" for each in paid], rank=3
            )
        )
    return table(columns)


def _causes(result: FleetResult) -> str:
    tallies = {tally.cause: tally for tally in result.breakdown.causes}
    lost = result.run.causes
    names = [*tallies, *(cause for cause in lost if cause not in tallies)]
    if not names:
        return "no attempt failed"

    def cells(part: str) -> list[str]:
        return [_whole(getattr(tallies[name], part)) if name in tallies else "" for name in names]

    return _listed([
        Column("cause of failure", [one_line(name) for name in names], left=True),
        Column("attempts", cells("attempts"), rank=2),
        Column("devices", cells("devices")),
        Column("got the file then", cells("got"), rank=1),
        Column("failed for good", [f"{lost.get(name, 0):,}" for name in names]),
    ])  # fmt: skip


def _rungs(result: FleetResult) -> str:
    tallies = result.breakdown.rungs
    return _listed([
        Column("rung of recovery", [one_line(tally.rung) for tally in tallies], left=True),
        Column("devices", [_whole(tally.devices) for tally in tallies]),
        Column("it helped", [_whole(tally.helped) for tally in tallies]),
    ])  # fmt: skip


def _faults(result: FleetResult) -> str:
    tallies = result.breakdown.faults
    return _listed([
        Column("fault that happened", [one_line(tally.fault) for tally in tallies], left=True),
        Column("devices", [_whole(tally.devices) for tally in tallies]),
        Column("failed for good", [_whole(tally.failed) for tally in tallies]),
    ])  # fmt: skip


def _stages(result: FleetResult) -> str:
    stages = result.run.stages
    text = ""
    if result.campaign.stages:
        text = _listed([
            Column("stage", [f"{stage.number:,}" for stage in stages]),
            Column("devices", [f"{stage.devices:,}" for stage in stages]),
            Column("began", [_moment(stage.began) for stage in stages], rank=2),
            Column("ended", [_moment(stage.ended) for stage in stages], rank=3),
            Column("done", [f"{stage.done:,}" for stage in stages]),
            Column("failed", [f"{stage.failed:,}" for stage in stages]),
            Column("gate", [_gate(stage) for stage in stages], rank=1, left=True),
        ])  # fmt: skip
    aborted = _filled(f"aborted: {result.run.aborted}") if result.run.aborted else ""
    return "\n".join(filter(None, (text, aborted)))


def _moment(at: float | None) -> str:
    return "never" if at is None else duration(at)


def _gate(stage: StageRun) -> str:
    return {True: "passed", False: "stopped", None: ""}[stage.gate]


def _worst(result: FleetResult) -> str:
    lines = list[str]()
    for one in worst(result.campaign, result.rows, result.command, _WORST):
        row = one.row
        ended = (
            f"has the file after {duration(row.seconds)} and "
            if row.ok
            else f"failed ({row.cause}: {row.error}) after {duration(row.seconds)} and "
        )
        about = f"device {row.device}, {row.stratum}, seed {row.seed}: {ended}"
        lines.append(_filled(f"{about}{counted(len(row.attempts), 'attempt')}", "  "))
        lines += [f"  {one_line(one.alone)}", f"  {one_line(one.get)}"]
    return "\n".join(["worst of those simulated", *lines]) if lines else ""


def _notes(result: FleetResult) -> Iterator[str]:
    engine, rows, devices = result.engine, len(result.rows), result.campaign.devices
    resumed = f", {engine.resumed:,} of an earlier run" if engine.resumed else ""
    yield (
        f"{rows:,} of {devices:,} devices simulated{resumed} in {duration(engine.seconds)} "
        f"({engine.name}, {counted(engine.workers, 'worker')}); seed {result.campaign.seed}"
    )
    if result.spread is not None:
        yield (
            "95 % intervals: what a device does from the sample; time and server from "
            f"{counted(result.spread.runs - 1, 'other run')} with other seeds"
        )
    yield from result.notes


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _whole(devices: Estimate) -> str:
    return f"{devices.value:,.0f}"


def _if_any(heading: str, cells: Sequence[str], rank: int) -> list[Column]:
    return [Column(heading, cells, rank)] if any(cells) else []


def _listed(columns: Sequence[Column]) -> str:
    """The first of many lines; nothing where there are none."""
    lines = len(columns[0].cells)
    if not lines:
        return ""
    cut = partial(_first, _LISTED)
    more = f"\nand {lines - _LISTED:,} more" if lines > _LISTED else ""
    return table([cut(column) for column in columns]) + more


def _first(most: int, column: Column) -> Column:
    return Column(column.heading, column.cells[:most], column.rank, column.left)
