"""Simulates a fleet, or one device of it again, and prints the result."""

from __future__ import annotations

import signal
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from atwin.cli.commands.fleet.one import row_lines
from atwin.cli.commands.fleet.progress import show_progress
from atwin.cli.commands.fleet.summary import summary
from atwin.cli.ending import (
    DONE,
    MODULE_FAILED,
    NOT_VERIFIED,
    TERMINATED,
    USAGE,
    CommandFailed,
    known,
    print_object,
    when_stopped,
)
from atwin.cli.results import counted
from atwin.cli.says import one_line, say
from atwin.disk.errors import DiskError
from atwin.fleet.campaign.campaign import load_campaign
from atwin.fleet.campaign.population import sample
from atwin.fleet.conduct import PRELOAD, conclude, simulate_all
from atwin.fleet.device.again import rerun
from atwin.fleet.device.simulate import simulate
from atwin.fleet.engine.cluster import Cluster
from atwin.fleet.engine.executors import InThisProcess, WorkersError
from atwin.fleet.engine.journal import RowJournal
from atwin.fleet.engine.processes import Processes
from atwin.fleet.engine.run import RunTally
from atwin.fleet.report.outputs import ReportFiles
from atwin.fleet.server.serving import need_simpy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from sys import UnraisableHookArgs
    from types import FrameType

    from atwin.cli.commands.fleet.options import FleetOptions
    from atwin.cli.options import Watching
    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row
    from atwin.fleet.engine.executors import ExecutorFactory
    from atwin.fleet.result import FleetResult


class _Terminated(KeyboardInterrupt):
    """Somebody wants an end by SIGTERM or SIGHUP."""


def run_fleet(plan: str, options: FleetOptions, *, as_json: bool) -> int:
    """The exit code. Raises `CampaignError`, `DiskError`, `CommandFailed` and `UsageError`."""
    need_simpy()
    campaign = _campaign(plan, options)
    if campaign.server.url is not None:
        for name, given in (("--workers", options.workers), ("--cluster", options.cluster)):
            if given is not None:
                raise click.UsageError(f"{name}: only this process may load a real server")
    files = ReportFiles(options.html, options.csv, options.parquet)
    files.check(plan)
    numbers = sample(campaign, options.every)
    command = _words(plan, options)
    try:
        with stoppable() as go_on, _journal(campaign, options) as journal:
            result = _simulated(campaign, numbers, options, journal, command, go_on)
    except _Terminated:
        return TERMINATED
    except WorkersError as error:
        raise CommandFailed(str(error), MODULE_FAILED) from None
    found, code = "", DONE
    try:
        files.write(result)
    except DiskError as error:
        found, code = str(error), USAGE
    if result.wrong:
        found = f"{counted(result.wrong, 'simulated device')} got a wrong file"
        code = NOT_VERIFIED
    if as_json:
        failed = {"error": found, "exit_code": code} if code != DONE else {}
        print_object(result.as_dict() | failed)
    else:
        click.echo(summary(result))
    if code != DONE:
        raise CommandFailed(found, code)
    return code


def run_alone(plan: str, options: FleetOptions, watching: Watching, *, as_json: bool) -> int:
    """One device again: its row, and how `atwin get` does the same. The exit code."""
    assert options.device is not None
    campaign = _campaign(plan, options)
    if options.device >= campaign.devices:
        raise click.UsageError(f"--device {options.device}: give 0 to {campaign.devices - 1}")
    row = simulate(campaign, options.device, trace=watching.trace, pcap=watching.pcap)
    if as_json:
        print_object({**row.as_dict(), "command": rerun(campaign, row)})
    else:
        for line in row_lines(row):
            click.echo(one_line(line))
        click.echo(rerun(campaign, row))
    if row.wrong:
        raise CommandFailed("the device got a wrong file", NOT_VERIFIED)
    return DONE


def _campaign(plan: str, options: FleetOptions) -> Campaign:
    campaign = load_campaign(plan)
    return campaign.changed(devices=options.devices, seed=options.seed, sample=options.sample)


def _words(plan: str, options: FleetOptions) -> list[str]:
    """What says which campaign it is."""
    given = {"--devices": options.devices, "--seed": options.seed}
    words = [word for name, n in given.items() if n is not None for word in (name, str(n))]
    return ["atwin", "fleet", plan, *words]


def _simulated(
    campaign: Campaign,
    numbers: Sequence[int],
    options: FleetOptions,
    journal: RowJournal | None,
    command: Sequence[str],
    go_on: Callable[[], None],
) -> FleetResult:
    last = RunTally()
    done = f"of {counted(len(numbers), 'device')} are done"
    when_stopped(lambda: f"{last.done} {done}, {_left(options)}")
    with show_progress(len(numbers)) as show:

        def tell(tally: RunTally) -> None:
            nonlocal last
            last = tally
            known(devices=campaign.devices, simulated=tally.done)
            show(tally)
            go_on()

        executors = _executors(options)
        rows, engine = simulate_all(campaign, numbers, executors, keep=journal, progress=tell)
        return conclude(campaign, rows, engine, replicates=options.replicates, command=command)


def _executors(options: FleetOptions) -> ExecutorFactory:
    if options.cluster is not None:
        return Cluster(options.cluster)
    return Processes(options.at_a_time, PRELOAD) if options.at_a_time else InThisProcess()


def _left(options: FleetOptions) -> str:
    """What there is of a fleet that was ended, and what to do."""
    if options.out is None:
        return "and nothing is kept: --out DIR keeps them"
    return "and kept: the same command with --resume goes on"


@contextmanager
def _journal(campaign: Campaign, options: FleetOptions) -> Iterator[RowJournal | None]:
    if options.out is None:
        yield None
        return

    def is_of(row: Row) -> bool:
        if row.device >= campaign.devices:
            return False
        spec = campaign.device(row.device)
        its = (spec.seed, str(spec.stratum), spec.model.name, spec.link.name)
        return its == (row.seed, row.stratum, row.model, row.link)

    journal = RowJournal(
        options.out, campaign.rows_digest, campaign.seed, is_of, resume=options.resume
    )
    with closing(journal):
        for note in journal.notes:
            say(note)
        yield journal


@contextmanager
def stoppable() -> Iterator[Callable[[], None]]:
    """SIGINT raises `KeyboardInterrupt` inside, SIGTERM and SIGHUP raise `_Terminated`.

    asyncio would cancel its task instead at SIGINT, and a host that is being cancelled may end in
    another way: then the next device would go on. What is raised may also come in a finalizer,
    where Python drops it with a note on stderr, or be replaced by what breaks at a simulation's
    end: so there is no such note, and whoever goes on to another device calls what is given, which
    raises it again.
    """
    came: type[KeyboardInterrupt] | None = None

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = KeyboardInterrupt if number == signal.SIGINT else _Terminated
        raise came

    def go_on() -> None:
        if came is not None:
            raise came

    tell = sys.unraisablehook

    def drop(dropped: UnraisableHookArgs) -> None:
        if came is None or not isinstance(dropped.exc_value, came):
            tell(dropped)

    there = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    heeded = [one for one in there if one is not None and signal.getsignal(one) != signal.SIG_IGN]
    before = [(one, signal.signal(one, stop)) for one in heeded]
    sys.unraisablehook = drop
    try:
        yield go_on
    finally:
        sys.unraisablehook = tell
        for one, handler in before:
            signal.signal(one, handler)
