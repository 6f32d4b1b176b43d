"""A campaign as CSV files, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from atwin.fleet.report.worst import alone
from atwin.fleet.server.curves import completion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from atwin.fleet.result import FleetResult

    Cell = str | float | None
    Lines = Iterator[Sequence[Cell]]

#: What a spreadsheet takes for a formula when it stands first (D-318).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def sheets(result: FleetResult) -> Iterator[tuple[str, bytes]]:
    """The name and content of each file, one after the other; the first line of each are names.

    Times are seconds, sizes bytes. A text that a spreadsheet would take for a formula has a ' in
    front.
    """
    for name, lines in SHEETS.items():
        yield name, _written(lines(result))


def _written(lines: Iterable[Sequence[Cell]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for line in lines:
        writer.writerow([_safe(cell) for cell in line])
    return file.getvalue().encode("utf-8", "backslashreplace")


def _safe(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return int(cell)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _rows(result: FleetResult) -> Lines:
    plain = (
        "device", "seed", "stratum", "model", "link", "faults", "ok", "wrong", "exit_code", "cause",
        "error", "seconds", "billed", "payload", "requests", "connections", "connection_seconds",
    )  # fmt: skip
    lists = ("rungs", "helped", "fired")
    yield [*plain, "attempts", *lists, "command"]
    for row in result.rows:
        told = [getattr(row, name) for name in plain]
        joined = [" ".join(getattr(row, name)) for name in lists]
        yield [*told, len(row.attempts), *joined, alone(result.command, row.device)]


def _completion(result: FleetResult) -> Lines:
    """The curve's points, and those that have an interval: seconds from `low` to `high`."""
    drawn = result.spread.done_by if result.spread else {}
    points: list[tuple[float, float, float | None, float | None]] = [
        (at, share, None, None) for at, share in completion(result.run)
    ]
    points += [(one.value, share, one.low, one.high) for share, one in drawn.items() if one]
    yield ["seconds", "share", "low", "high"]
    yield from sorted(points, key=lambda point: (point[1], point[0]))


def _server(result: FleetResult) -> Lines:
    load = result.run.load
    yield ["second", "connections", "requests", "bytes"]
    yield from zip(range(len(load)), load.connections, load.requests, load.sent, strict=True)


def _bill(result: FleetResult) -> Lines:
    price, devices = result.campaign.price, result.campaign.devices
    each = 0.0 if price is None else price.per_mb / price.megabyte
    yield ["part", "bytes", "low", "high", "bytes_a_device", "price", "price_a_device", "currency"]
    for name, part in {**result.breakdown.bill, "billed": result.estimates.billed}.items():
        paid: list[Cell] = [None, None, None]
        if price is not None:
            paid = [part.value * each, part.value * each / devices, price.currency]
        yield [name, part.value, part.low, part.high, part.value / devices, *paid]


def _causes(result: FleetResult) -> Lines:
    tallies = {tally.cause: tally for tally in result.breakdown.causes}
    lost = result.run.causes
    yield ["kind", "name", "attempts", "devices", "recovered", "failed"]
    for name in [*tallies, *(name for name in lost if name not in tallies)]:
        known = tallies.get(name)
        parts = [known.attempts, known.devices, known.got] if known else []
        values: list[Cell] = [part.value for part in parts] or [None, None, None]
        yield ["cause", name, *values, lost.get(name, 0)]
    for rung in result.breakdown.rungs:
        yield ["rung", rung.rung, None, rung.devices.value, rung.helped.value, None]
    for fault in result.breakdown.faults:
        yield ["fault", fault.fault, None, fault.devices.value, None, fault.failed.value]


def _stages(result: FleetResult) -> Lines:
    names = ("number", "devices", "begun", "began", "ended", "done", "failed", "gate")
    yield names
    for stage in result.run.stages:
        yield [getattr(stage, name) for name in names]


#: File -> its lines.
SHEETS: dict[str, Callable[[FleetResult], Lines]] = {
    "rows.csv": _rows,
    "completion.csv": _completion,
    "server.csv": _server,
    "bill.csv": _bill,
    "causes.csv": _causes,
    "stages.csv": _stages,
}
