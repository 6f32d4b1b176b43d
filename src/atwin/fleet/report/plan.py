"""What a plan says, table by table, in short."""

from __future__ import annotations

from dataclasses import is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.arrival import Curve, Window
from atwin.fleet.campaign.devices import ModelSource
from atwin.fleet.campaign.keys import NEEDED, changed, keys_of
from atwin.text import shown
from atwin.twin.faults.plan import FaultPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.fleet.campaign.campaign import Campaign


def plan_lines(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """A table of the file, and its keys with their values: those that must be given or differ.

    Numbers stand in units of the plan: bytes, seconds, bytes a second.
    """
    for name, key in keys_of(type(campaign)).items():
        value = getattr(campaign, name)
        if is_dataclass(value):
            if text := _keys(value):
                yield f"[{key.name}]", text
        elif isinstance(value, tuple):
            for row in value:
                if text := _keys(row):
                    yield f"[[{key.name}]]", text
        elif value is not None:
            yield key.name, _told(value)


def _keys(row: Any) -> str:
    keys = keys_of(type(row))
    differ = changed(row)
    return ", ".join(
        f"{key.name} {_told(getattr(row, name))}"
        for name, key in keys.items()
        if name in differ or key.default is NEEDED
    )


def _told(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:,.12g}"
        case tuple():
            return " ".join(map(_told, value))
        case datetime():
            return value.isoformat()
        case Curve():
            return value.word
        case Window():
            return "{:02}:{:02}-{:02}:{:02}".format(*_clock(value.begin), *_clock(value.end))
        case ModelSource():
            return shown(value.text)
        case FaultPlan():
            return shown(value.name or "a file")
        case _ if is_dataclass(value):
            return f"({_keys(value)})"
    return shown(str(value))


def _clock(seconds: int) -> tuple[int, int]:
    return divmod(seconds // 60, 60)
