"""`atwin trace`: what is in a `--trace` file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from atwin.cli.commands.trace.chosen import Choice, Expression, Moment
from atwin.cli.ending import DONE
from atwin.cli.options import FILE, option
from atwin.text import shown
from atwin.trace.described import KINDS

if TYPE_CHECKING:
    import re

    from atwin.cli.commands.trace.chosen import When

_file = click.argument("file", metavar="FILE", type=FILE)


@click.group(no_args_is_help=False)
def trace() -> None:
    """Read a file that --trace wrote."""


@trace.command()
@_file
@option("--follow", "-f", is_flag=True, help="Go on with what is still to come, up to its end.")
@option(
    "--since",
    type=Moment(),
    help="Begin there: seconds of the trace (12.5), or before its end (-30); a time of day "
    "(09:30:00), or a date and time (2026-11-30T09:30:00), of this computer if it names no zone.",
)
@option("--until", type=Moment(), help="End there.")
@option(
    "--grep",
    "pattern",
    type=Expression(),
    help="Only lines in which this regular expression is found, from the mark on: '^< .*ERROR'.",
)
@option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    metavar="KIND",
    multiple=True,
    help=f"Only records of this kind: {', '.join(KINDS)}. Repeatable.",
)
@option("--colour/--plain", default=None, help="Colours; by default only on a terminal.")
def show(
    file: str,
    follow: bool,
    since: When | None,
    until: When | None,
    pattern: re.Pattern[str] | None,
    kinds: tuple[str, ...],
    colour: bool | None,
) -> int:
    """Print the trace in FILE as a dialogue, with times and events.

    No other file is needed. FILE may still be written, or may have been cut off. `>` is to the
    module, `<` from the module, `~` the line, `#` the network, `=` the buffer, `!` power and
    faults, `+` the host, `@` a script, `*` start and end.

    \b
    Examples:
      atwin get http://example.org/f.bin --trace f.trace; atwin trace show f.trace
      atwin trace show -f --since -30 --kind urc --kind command twin.trace
    """
    from atwin.cli.commands.trace.printed import show_trace

    show_trace(file, Choice(since, until, pattern, kinds), follow=follow, colour=colour)
    return DONE


@trace.command()
@_file
@option(
    "--output", "-o", type=FILE, metavar="HTML", help="Where to put the page; by default FILE.html."
)
def plot(file: str, output: str | None) -> int:
    """Draw the trace in FILE as one HTML page.

    The page shows throughput, buffer, connections and events on one axis of time, which can be
    zoomed. It needs a browser, and no other file and no network. A page that is there is replaced.

    \b
    Example:
      atwin trace plot f.trace -o f.html
    """
    from atwin.cli.commands.trace.plot import page_of
    from atwin.cli.commands.trace.records import read_trace
    from atwin.cli.commands.trace.series import series_of
    from atwin.disk.whole import write_file

    target = output or f"{file}.html"
    if os.path.exists(file) and os.path.exists(target) and os.path.samefile(file, target):
        raise click.UsageError(f"{target} is the trace itself: name another file with -o")
    write_file(target, page_of(series_of(read_trace(file)), file).encode())
    click.echo(shown(target, limit=None))
    return DONE
