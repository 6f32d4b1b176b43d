"""What the figures of a fleet consist of: the bill, causes of failure, rungs, faults."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from atwin.fleet.estimate import Estimate, WeightedRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row

    Columns = dict[str, Sequence[float]]

#: How often the fleet is drawn again for these; there are many, and they matter less.
_REPLICATES = 200
#: Lines of one table, those with the largest figures: what a row says is not ours to bound.
_MOST = 100

#: Parts of the bill -> bytes of a row.
BILL: dict[str, Callable[[Row, int], int]] = {
    "file": lambda row, size: size if row.ok else 0,
    "again": lambda row, size: max(0, row.payload - (size if row.ok else 0)),
    "overhead": lambda row, size: row.billed - row.payload,
}
#: The same for a person.
BILL_NAMES = {
    "file": "the file, once for each device that has it",
    "again": "of the file, again or in vain",
    "overhead": "HTTP and TCP/IP headers, TLS, what nobody read",
}


@dataclass(frozen=True, slots=True)
class CauseTally:
    """A cause of failure: failed `attempts`, `devices` that had one, those that `got` the file."""

    cause: str
    attempts: Estimate
    devices: Estimate
    got: Estimate


@dataclass(frozen=True, slots=True)
class RungTally:
    """A rung of the recovery ladder: `devices` that climbed it, those that it `helped`."""

    rung: str
    devices: Estimate
    helped: Estimate


@dataclass(frozen=True, slots=True)
class FaultTally:
    """A kind of fault: `devices` in which it happened, those that `failed` for good."""

    fault: str
    devices: Estimate
    failed: Estimate


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Figures of the whole fleet, each with its 95 % interval; lists have the largest first.

    `bill` has bytes by the keys of `BILL`, and comes to what is billed. What the server refused
    is in none of them: rows are of devices alone (`ServerRun.causes`).
    """

    bill: dict[str, Estimate]
    causes: list[CauseTally]
    rungs: list[RungTally]
    faults: list[FaultTally]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def break_down(campaign: Campaign, rows: Sequence[Row]) -> Breakdown:
    """What `rows` say of the whole fleet. Raises as `atwin.fleet.estimate.estimate`."""
    weighted = WeightedRows(campaign, rows)
    rows, size = weighted.rows, campaign.download.size
    columns: Columns = {
        f"bill {name}": [of(row, size) for row in rows] for name, of in BILL.items()
    }
    lists = {
        "cause": {name: _cause(rows, name) for name in _names(map(_causes, rows))},
        "rung": {name: _rung(rows, name) for name in _names(row.rungs for row in rows)},
        "fault": {name: _fault(rows, name) for name in _names(row.fired for row in rows)},
    }
    for key, values in lists.items():
        for name, parts in values.items():
            columns |= {f"{key} {part} {name}": column for part, column in parts.items()}
    found = weighted.totals(columns, replicates=_REPLICATES)

    def told(key: str) -> Iterator[tuple[str, dict[str, Estimate]]]:
        for name, parts in lists[key].items():
            tally = {part: found[f"{key} {part} {name}"] for part in parts}
            most = tally["devices"].high
            for part in {"got", "helped", "failed"} & tally.keys():  # some of these devices
                tally[part] = replace(tally[part], high=min(tally[part].high, most))
            yield name, tally

    return Breakdown(
        {name: found[f"bill {name}"] for name in BILL},
        _sorted(CauseTally(name, **parts) for name, parts in told("cause")),
        _sorted(RungTally(name, **parts) for name, parts in told("rung")),
        _sorted(FaultTally(name, **parts) for name, parts in told("fault")),
    )


def _causes(row: Row) -> list[str]:
    return [attempt.cause for attempt in row.attempts if not attempt.ok]


def _cause(rows: Sequence[Row], name: str) -> Columns:
    failed = [_causes(row).count(name) for row in rows]
    return {
        "attempts": failed,
        "devices": [count > 0 for count in failed],
        "got": [count > 0 and row.ok for count, row in zip(failed, rows, strict=True)],
    }


def _rung(rows: Sequence[Row], name: str) -> Columns:
    return {
        "devices": [name in row.rungs for row in rows],
        "helped": [name in row.helped for row in rows],
    }


def _fault(rows: Sequence[Row], name: str) -> Columns:
    return {
        "devices": [name in row.fired for row in rows],
        "failed": [name in row.fired and not row.ok for row in rows],
    }


def _names(of: Iterable[Iterable[str]]) -> list[str]:
    """Each once, those of the most rows first."""
    counts: dict[str, int] = {}
    for names in of:
        for name in set(names):
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:_MOST]


def _sorted(tallies: Iterable[Any]) -> list[Any]:
    return sorted(tallies, key=lambda tally: -tally.devices.value)
