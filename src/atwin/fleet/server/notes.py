"""What the figures of a run do not tell, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atwin.fleet.server.run import ServerRun

#: Seconds that a module gives a request unless it is told otherwise (docs/spec/http.md §2).
REQUEST_TIMEOUT = 120.0
#: Share of the time with anybody in contact in which a server may lack something, untold.
_SELDOM = 0.01


def notes(run: ServerRun, strange: Mapping[str, int]) -> list[str]:
    """Where the model is stretched; `strange`: devices of strata that have no row."""
    told = []
    busy = run.busy or 1.0
    if run.saturated > _SELDOM * busy:
        told.append(
            f"the server had too few bytes or requests a second for {run.saturated / busy:.0%} of "
            f"the time; devices went down to {100 * run.slowest:.2g}% of their speed: their own "
            "time-outs, which were found without load, are no longer right"
        )
    if run.full > _SELDOM * busy:
        told.append(
            f"devices waited for a connection during {run.full / busy:.0%} of the time: their own "
            "time-outs, which were found without a wait, are no longer right"
        )
    if run.overdue:
        told.append(
            f"in {run.overdue} attempts a request took more than {REQUEST_TIMEOUT:g} s in the "
            "mean: a module would have given up"
        )
    if run.longest_wait > REQUEST_TIMEOUT:
        told.append(
            f"a device waited {run.longest_wait:.0f} s in the backlog: a module gives up after "
            f"{REQUEST_TIMEOUT:g} s"
        )
    for name, devices in sorted(strange.items()):
        told.append(
            f"{name}: none of its {devices} devices was simulated, so they have rows of others"
        )
    return told
