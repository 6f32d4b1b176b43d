"""From a module that may still be booting to one that is on the network (docs/spec/flows.md §1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.channel.script import Script
from atwin.host.found.offline import Offline
from atwin.host.line import Line
from atwin.host.readiness import Readiness

if TYPE_CHECKING:
    from atwin.host.channel.channel import Channel
    from atwin.host.found.settings import Found


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long bring-up asks; seconds. The vendor's numbers (docs/spec/power.md §5).

    `find_within` bounds all that it takes until the module answers AT.
    """

    probes: int = 20
    probe_gap: float = 0.5
    find_within: float = math.inf
    sim_polls: int = 20
    network_polls: int = 60
    poll_gap: float = 0.5


async def bring_up(
    channel: Channel,
    patience: Patience | None = None,
    line: Line | None = None,
    found: Found | None = None,
) -> None:
    """Probe, set up the line, echo off, numeric errors, SIM, signal, attachment, registration.

    `found` learns what the module was set to before. Raises `ModuleSilentError`, `NoAnswerError`,
    and `CommandRefusedError` naming the thing that did not come.
    """
    patience = patience or Patience()
    line = line or Line(channel)
    await line.find(patience.probes, patience.probe_gap, patience.find_within)
    if found is not None:
        await found.look(flow=line.sets_flow, rate=line.sets_rate)
    await line.set_up()
    script = Script("bring-up", channel, readies=True)
    await script.ask("ATE0")
    await script.ask("AT+CMEE=1")
    offline = Offline(script, channel.clock, line.note)
    ready = Readiness(script, offline.pause, gap=patience.poll_gap)
    await ready.wait(patience.sim_polls, patience.network_polls)
