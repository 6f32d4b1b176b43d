"""From a module that may still be booting to one that is on the network (spec: flows.md §1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.lenient import lenient
from atwin.host.line import Line
from atwin.host.script import Script

if TYPE_CHECKING:
    from atwin.host.channel import Channel
    from atwin.host.found import Found

#: CPIN and CGATT may take longer than other commands (spec: network.md §1).
_SIM_TIMEOUT, _ATTACH_TIMEOUT = 180.0, 108.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long bring-up asks; seconds. The vendor's numbers (spec: power.md §5)."""

    probes: int = 20
    probe_gap: float = 0.5
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
    await line.find(patience.probes, patience.probe_gap)
    if found is not None:
        await found.look(flow=line.sets_flow, rate=line.sets_rate)
    await line.set_up()
    steps = _Poll(Script("bring-up", channel), channel, patience)
    await steps.script.step("ATE0")
    await steps.script.step("AT+CMEE=1")
    await steps.until(
        "AT+CPIN?", r"\+CPIN: READY", patience.sim_polls, _SIM_TIMEOUT,
        "the SIM is not ready: is it inserted, does it want a PIN?",
    )  # fmt: skip
    polls = patience.network_polls
    await steps.until(
        "AT+CSQ", r"\+CSQ: (?!0 *,|99 *,)\d+, \d+", polls, 9.0, "no signal: check the antenna"
    )
    await steps.until(
        "AT+CGATT?", r"\+CGATT: 1", polls, _ATTACH_TIMEOUT, "not attached: check signal and SIM"
    )
    await steps.until(
        "AT+CEREG?", r"\+CEREG: \d, [15]\b.*", polls, 9.0, "not registered: check signal and SIM"
    )


class _Poll:
    def __init__(self, script: Script, channel: Channel, patience: Patience) -> None:
        self.script = script
        self._clock = channel.clock
        self._gap = patience.poll_gap

    async def until(
        self, command: str, wanted: str, polls: int, deadline: float, advice: str
    ) -> None:
        """Ask until a line matches `wanted` (see `lenient`); an error (SIM busy) is no end."""
        pattern = lenient(wanted)
        for left in reversed(range(polls)):
            reply = await self.script.ask(command, deadline=deadline)
            if reply.ok and reply.match(pattern):
                return
            if left:
                await self._clock.sleep(self._gap)
        raise self.script.refused(reply, f"{reply.told} after {polls} polls: {advice}")
