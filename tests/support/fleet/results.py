"""Results of campaigns without a simulation: devices made up of numbers, at a real `serve`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from atwin.fleet.conduct import conclude
from atwin.fleet.result import EngineFacts
from support.fleet.made import attempt, campaign, row, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.fleet.result import FleetResult

FACTS = EngineFacts("processes", 2, 12.5, 20.0, 0, 0)


def result(devices: int = 1000, *, texts: Sequence[str] = ("",), **tables: Any) -> FleetResult:
    """Of ten simulated devices: one fails for good, one gets the file at its second attempt.

    The file has 1000 bytes. Of each of `texts` there is one that fails, and says that.
    """
    usual: dict[str, Any] = {
        "price": {"per_mb": 0.5, "megabyte": 1000},
        "arrival": {"over": "1 h"},
    }
    plan = campaign(devices, **(usual | tables))
    load = span(0, 60, down=1000)
    late = span(600, 660, down=1000)
    rows = [
        replace(row(attempt(load), device=n), billed=1500, payload=1000, connection_seconds=60.0)
        for n in range(8)
    ]
    again = row(attempt(load, cause="outage"), attempt(late), device=8)
    rows.append(
        replace(again, billed=2900, payload=1800, rungs=("CIPSHUT",), helped=("CIPSHUT",),
                fired=("pdp_loss",))
    )  # fmt: skip
    for n, text in enumerate(texts, len(rows)):
        lost = row(attempt(load, cause="server"), attempt(late, cause=text or "network"), device=n)
        rows.append(replace(lost, billed=700, payload=200, error=text, fired=(text or "stall",)))
    return conclude(plan, rows, FACTS, replicates=3, command=("atwin", "fleet", "my plan.toml"))
