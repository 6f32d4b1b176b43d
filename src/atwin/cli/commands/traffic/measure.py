"""Runs a command of this program and says what it cost."""

import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import click

from atwin.cli.commands.traffic.advice import advise
from atwin.cli.commands.traffic.report import Report
from atwin.cli.ending import DONE, MODULE_FAILED, CommandFailed, noting
from atwin.cli.figures.watch import Watch, watching
from atwin.cli.says import say

_COMMANDS = ("get", "post", "head")


def measure(command: str, port: str, times: int, options: Sequence[str] = ()) -> tuple[Report, int]:
    """The report of `times` such commands, and the command's exit code.

    It is run once, with `options` more. Raises `click.UsageError`, and `CommandFailed` when nothing
    was counted.
    """
    from atwin.cli.app import attempt

    words = _words(command)
    # In front, so that those of the command itself win.
    words[1:1] = ["--port", port, *options]
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="atwin-") as scratch:
        watch.scratch = Path(scratch)
        # stdout is the report's; what the command prints, or knows, is not part of it.
        with watching(watch), redirect_stdout(sys.stderr), noting():
            code, error = attempt(words)
    report = _report(command, watch, times)
    if code == DONE and not watch.asked:  # get --help
        raise click.UsageError(f"--run {command!r}: no module was asked")
    if report is None:
        if code != DONE:
            raise CommandFailed(error or f"{command}: ended with exit code {code}", code)
        raise CommandFailed(
            "this module does not count its traffic (no AT^DATAINFO): it can only be estimated,"
            " with --get or --post",
            MODULE_FAILED,
        )
    if code != DONE:
        report = replace(report, failure=(error or f"{command}: exit code {code}", code))
        if error is not None:
            say(error)
    return report, code


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise click.UsageError(f"--run {command!r}: {error}") from None
    if not words or words[0] not in _COMMANDS:
        raise click.UsageError(
            f'--run {command!r}: give "get URL", "post URL --data …" or "head URL"'
        )
    return words


def _report(command: str, watch: Watch, times: int) -> Report | None:
    if watch.count is not None:
        return Report(
            "measure",
            command,
            times,
            watch.count * times,
            requests=watch.actions,
            advice=advise(watch.count * times),
        )
    if watch.module is not None:
        up, down = watch.module
        return Report("measure", command, times, module=(up * times, down * times))
    return None
