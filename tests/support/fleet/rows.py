"""Rows of a fleet that nobody simulated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from atwin.fleet.device.row import Attempt, Row, Span

if TYPE_CHECKING:
    from atwin.fleet.campaign.campaign import Campaign


def made_row(campaign: Campaign, number: int, seconds: float = 60.0, **changed: Any) -> Row:
    """What became of that device: it did well, by one connection of all its `seconds`."""
    device = campaign.device(number)
    size = campaign.download.size
    row = Row(
        device=number,
        seed=device.seed,
        stratum=str(device.stratum),
        model=device.model.name,
        link=device.link.name,
        faults=device.stratum.faults,
        ok=True,
        wrong=False,
        exit_code=0,
        cause="",
        error="",
        seconds=seconds,
        attempts=(Attempt(0.0, seconds, True, "", (Span(0.0, seconds, 1.0, 1.0, size, 500.0),)),),
        billed=size + 2000,
        payload=size,
        requests=1,
        connections=1,
        connection_seconds=seconds,
        rungs=(),
        helped=(),
        fired=(),
    )
    return replace(row, **changed)
