"""Devices made up of numbers, and campaigns for them: what `tests/fleet/server` counts by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.device.row import Attempt, Row, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The stratum of a campaign that says nothing of its devices.
PLAIN = "air780e-at/link 1/none"


def span(begin: float, end: float, **asked: float) -> Span:
    """A connection that is open from `begin` to `end`, or what `asked` says."""
    return Span(begin, end, **{"connections": 1.0, "requests": 1.0, "down": 0.0, "up": 0.0} | asked)


def attempt(*load: Span, before: float = 0.0, rest: float = 0.0, cause: str = "") -> Attempt:
    """It begins `before` its first span, and ends `rest` after its last one."""
    began, end = load[0].begin - before, load[-1].end + rest
    return Attempt(began, end - began, not cause, cause, load)


def row(*attempts: Attempt, device: int = 0, stratum: str = PLAIN) -> Row:
    """A device that did that, and has the file if the last one is ok."""
    last = attempts[-1]
    return Row(
        device=device,
        seed=device,
        stratum=stratum,
        model="air780e-at",
        link="link 1",
        faults="",
        ok=last.ok,
        wrong=False,
        exit_code=0 if last.ok else 1,
        cause=last.cause,
        error="",
        seconds=last.began + last.seconds,
        attempts=attempts,
        billed=0,
        payload=0,
        requests=0,
        connections=0,
        connection_seconds=0.0,
        rungs=(),
        helped=(),
        fired=(),
    )


def campaign(devices: int, **tables: Mapping[str, Any] | list[Mapping[str, Any]]) -> Campaign:
    """So many devices of one kind that come at once; `rules` is the table [campaign]."""
    table: dict[str, Any] = {
        "devices": devices,
        "download": {"size": 1000},
        "model": [{"model": "air780e-at"}],
        "arrival": {"curve": "at once"},
    } | tables
    if "rules" in table:
        table["campaign"] = table.pop("rules")
    return Campaign.from_table("plan", table)
