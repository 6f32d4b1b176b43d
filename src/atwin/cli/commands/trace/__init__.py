"""`atwin trace`: what a `--trace` file tells."""

import os

import click

from atwin.cli.ending import DONE
from atwin.cli.options import FILE, option
from atwin.text import shown

_file = click.argument("file", metavar="FILE", type=FILE)


@click.group(no_args_is_help=False)
def trace() -> None:
    """Read a file that --trace wrote."""


@trace.command()
@_file
@option("--colour/--plain", default=None, help="Colours; by default only on a terminal.")
def show(file: str, colour: bool | None) -> int:
    """Print the trace in FILE as a dialogue, with times and events.

    No other file is needed. FILE may still be written, or may have been cut off. `>` is to the
    module, `<` from the module, `~` the line, `#` the network, `=` the buffer, `!` power and
    faults, `+` the host, `@` a script, `*` start and end.

    \b
    Example:
      atwin get http://example.org/f.bin --trace f.trace; atwin trace show f.trace
    """
    from atwin.cli.commands.trace.records import read_trace, show_records

    show_records(read_trace(file), colour)
    return DONE


@trace.command()
@_file
@option(
    "--output", "-o", type=FILE, metavar="HTML", help="Where to put the page; by default FILE.html."
)
def plot(file: str, output: str | None) -> int:
    """Draw the trace in FILE as one HTML page.

    The page shows throughput, buffer, connections and events. It needs no other file and no
    network. A page that is there is replaced.

    \b
    Example:
      atwin trace plot f.trace -o f.html
    """
    from atwin.cli.commands.trace.plot import page
    from atwin.cli.commands.trace.records import read_trace
    from atwin.disk.whole import write_file

    target = output or f"{file}.html"
    if os.path.exists(file) and os.path.exists(target) and os.path.samefile(file, target):
        raise click.UsageError(f"{target} is the trace itself: name another file with -o")
    write_file(target, page(list(read_trace(file)), file).encode())
    click.echo(shown(target, limit=None))
    return DONE
