"""Small campaigns, whose devices are simulated in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atwin.fleet.campaign.campaign import Campaign

#: A PLAN.toml of `devices` and `seed` with faults, whose devices take no line time.
SMALL = """
devices = {devices}
seed = {seed}
[download]
size = "4K"
[[model]]
model = "air724ug"
baud = "max"
[[faults]]
share = 0.3
plan = "random"
[retry]
attempts = 2
after = ["1 min"]
give_up = "1 min"
"""


def planned(folder: Path = Path(), **tables: Any) -> Campaign:
    """A campaign of the `tables` given and usual ones; `folder` has the files they name."""
    table: dict[str, Any] = {
        "devices": 1000,
        "download": {"size": 20_000},
        "model": [{"model": "air780e-at"}],
        "retry": {"attempts": 2, "after": [60], "give_up": 30},
    }
    return Campaign.from_table("plan.toml", table | tables, folder)


def with_faults(folder: Path, fault: str, **tables: Any) -> Campaign:
    """The same, and each device has that fault, as its table in TOML says."""
    (folder / "bad.toml").write_text(f"[[fault]]\n{fault}")
    return planned(folder, faults=[{"share": 1, "plan": "bad.toml"}], **tables)
