"""`serve`: a campaign at its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.fleet.server.notes import notes
from atwin.host.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row
    from atwin.fleet.server.run import ServerRun


def need_simpy() -> None:
    """Raises `UsageError` without SimPy: `serve` cannot do anything then."""
    try:
        import simpy  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError("a fleet at its server needs SimPy: pip install 'atwin[fleet]'") from None


def serve(
    campaign: Campaign, rows: Sequence[Row], *, replicate: int = 0, whole: bool = False
) -> ServerRun:
    """All devices of `campaign` at its server, where each asks what its row says it asks.

    A device has its own row if it was simulated, else one of its stratum. `replicate` above 0
    draws all that is left to chance again: arrivals, stages, and the rows of devices that were not
    simulated. `whole` says that each device was. The same arguments give the same run.

    What is modelled: when devices come (curve, window, zone), stages, abort and end of the
    campaign; connections, of which a device claims the mean number it has open (the most of it
    until its next pause); a backlog, in which it waits to be let in, and refusals, after which it
    comes again by `[retry]` with what it has; bytes and requests a second, which those who need
    them share, so that all of these go slower by one factor.

    What is not: that a device which goes slower, or waits, may give up by its own time-outs
    (`ServerRun.notes` says when that would have been), or asks again in the same attempt when it
    is refused; chance within a span, as claims are means; the time of a single request; what
    devices send, which takes no bandwidth here.

    After 366 days it is over if `lasts` does not say when.

    Raises `UsageError` without SimPy, and `ValueError` without any row, or when `whole` is not so.
    """
    need_simpy()
    from simpy import Environment

    from atwin.fleet.server.members import Fleet
    from atwin.fleet.server.rollout import Rollout

    fleet = Fleet(campaign, rows, replicate=replicate, whole=whole)
    rollout = Rollout(Environment(), fleet.waves(), campaign.rules, campaign.retry, campaign.server)
    run = rollout.play()
    run.notes = notes(run, fleet.strange)
    return run
