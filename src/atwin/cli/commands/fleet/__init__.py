"""`atwin fleet`: many modules fetch an update; how long, how much, how many fail."""

from __future__ import annotations

import click

from atwin.cli.commands.fleet.options import FleetOptions
from atwin.cli.options import FILE, JSON, WATCHING, Watching, takes


@click.command()
@click.argument("plan", metavar="PLAN", type=FILE)
@takes(FleetOptions)
@WATCHING
@JSON
def fleet(plan: str, options: FleetOptions, watching: Watching, as_json: bool) -> int:
    """Simulate an update of many modules: the devices, their server, the bill.

    PLAN is a TOML file: what is fetched, by which modules over which links, what goes wrong, when
    devices ask, what the server can take. docs/reference/fleet-plan.md has every key. Real twins
    and the real host fetch the file on a virtual clock, as many of them as a sample needs, or all;
    the figures of the whole fleet follow from them, with 95 % intervals. The same plan and seed
    give the same figures everywhere.

    With --out every device is on disk as soon as it is done: Ctrl-C loses nothing, and the same
    command with --resume goes on. --device runs one of them again, alone, to trace it.

    The exit code is 5 where a device has a wrong file.

    \b
    Examples:
      atwin fleet plan.toml
      atwin fleet plan.toml --all --workers 8 --out run1
      atwin fleet plan.toml --out run1 --resume --sample 2000
      atwin fleet plan.toml --cluster tcp://10.0.0.1:8786 --json
      atwin fleet plan.toml --device 4711 --trace device.trace
    """
    from atwin.cli.commands.fleet.work import run_alone, run_fleet

    options.check(watching)
    if options.device is not None:
        return run_alone(plan, options, watching, as_json=as_json)
    return run_fleet(plan, options, as_json=as_json)
