"""`atwin plan`: how long one download takes, and what it costs, before it is made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from atwin.cli.commands.plan.options import PlanOptions
from atwin.cli.options import JSON, takes

if TYPE_CHECKING:
    from atwin.plan.job import Job
    from atwin.plan.spread import Mixture


@click.command()
@takes(PlanOptions)
@JSON
def plan(options: PlanOptions, as_json: bool) -> int:
    """Estimate how long a download takes and what it costs.

    A twin and the host of `atwin get` download the file on a virtual clock, in a second or two of
    real time. The same download calculated on paper is shown beside it. The module is on the
    network from the start, and nothing leaves this computer. With a share of faults, each of --runs
    downloads meets a random plan of its own.

    \b
    Examples:
      atwin plan --size 12M
      atwin plan --size 2M --model air780e-at --baud 921600 --rtt 0.3 --down 60K --tls
      atwin plan --size 1M --faults 5% --json
    """
    from atwin.cli.commands.plan.report import Planned, show
    from atwin.plan.paper import on_paper

    job, mix = options.job(), options.mix()
    paper = on_paper(job)
    if options.paper:
        return show(Planned(job, paper, options), as_json=as_json)
    from atwin.plan.simulated import play

    if mix is None or mix.plan is not None:
        played = play(job, options.seed, None if mix is None else mix.plan)
        return show(Planned(job, paper, options, played), as_json=as_json)
    mixture = _mixed(job, options.seed, options.runs, mix.share)
    return show(Planned(job, paper, options, mixture.undisturbed, mixture), as_json=as_json)


def _mixed(job: Job, seed: int, runs: int, share: float) -> Mixture:
    """One download without faults, and `runs` with a random plan each."""
    from atwin.plan.simulated import play
    from atwin.plan.spread import Mixture
    from atwin.twin.faults.chance import random_plan

    seeds = range(seed, seed + runs)
    hidden = not sys.stderr.isatty()
    with click.progressbar(seeds, file=sys.stderr, hidden=hidden) as counted:
        disturbed = [play(job, number, random_plan(number)) for number in counted]
    return Mixture(play(job, seed), disturbed, share)
