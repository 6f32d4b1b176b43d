"""The devices that fared worst, and how to see each of them alone."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atwin.fleet.device.again import rerun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row

#: Devices that are shown.
MOST = 10


@dataclass(frozen=True, slots=True)
class WorstDevice:
    """A simulated device, and commands: `alone` simulates it again, `get` is in real time."""

    row: Row
    alone: str
    get: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what identifies it, what became of it, and the commands."""
        names = ("device", "seed", "stratum", "ok", "wrong", "cause", "error", "seconds", "billed")
        told = {name: getattr(self.row, name) for name in names}
        return {**told, "attempts": len(self.row.attempts), "alone": self.alone, "get": self.get}


def worst(
    campaign: Campaign, rows: Sequence[Row], command: Sequence[str], most: int = MOST
) -> list[WorstDevice]:
    """At most `most`: wrong files first, then failures, then the slowest that needed help.

    `command` are the words of `atwin fleet` that say which campaign it is. One that got its file
    at its first attempt without a rung of the ladder is none of the worst.
    """
    bad = [row for row in rows if not row.ok or len(row.attempts) > 1 or row.rungs]
    bad.sort(key=lambda row: (not row.wrong, row.ok, -row.seconds, row.device))
    return [
        WorstDevice(row, alone(command, row.device), rerun(campaign, row)) for row in bad[:most]
    ]


def alone(command: Sequence[str], device: int) -> str:
    """The command that simulates that device again, with its trace."""
    words = [*command, "--device", str(device), "--trace", f"device-{device}.trace"]
    return shlex.join(words)
